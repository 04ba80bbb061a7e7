// What RapidCheck's own interface lacks: how many cases a property is tried with.
#pragma once

#include <rapidcheck.h>

#include <utility>

#include "tests/support/catch.h"

namespace gregor {

/// rc::check() with `cases` in place of RapidCheck's 100. The counterexample is shown when the next
/// assertion fails.
template <class Property>
[[nodiscard]] bool holds_for(int cases, Property&& property) {
    rc::detail::TestParams params = rc::detail::configuration().testParams;
    params.maxSuccess = cases;
    const rc::detail::TestResult result = rc::detail::checkTestable(
        std::forward<Property>(property), rc::detail::TestMetadata{}, params);
    const bool holds = result.template is<rc::detail::SuccessResult>();
    if (!holds) UNSCOPED_INFO(result);
    return holds;
}

}  // namespace gregor
