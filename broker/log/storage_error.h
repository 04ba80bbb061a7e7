// StorageError: why a log or its directory could not be opened: the disk refused, or a file is
// damaged.
#pragma once

#include <optional>
#include <string>

#include "sim/runtime/io_error.h"

namespace gregor::log {

struct StorageError {
    StorageError(IoError error) : io(error), text(name(error)) {}  // NOLINT: TRY turns one into it
    explicit StorageError(std::string damage) : text(std::move(damage)) {}

    std::optional<IoError> io;  // none: a file is damaged
    std::string text;
};

}  // namespace gregor::log
