// Catch2 beside our own CHECK: tests assert with REQUIRE, CHECK stays ours.
#pragma once

#pragma push_macro("CHECK")
#undef CHECK
#include <catch2/catch.hpp>
#undef CHECK
#pragma pop_macro("CHECK")

#include "sim/base/check.h"
