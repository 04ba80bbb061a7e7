// What a control batch says about a transaction: its one record's key is {int16 version, int16
// type}, the value of an end marker {int16 version, int32 coordinator epoch}. Pure.
#pragma once

#include <optional>

#include "broker/log/producer_state.h"
#include "sim/base/bytes.h"

namespace gregor::log {

/// The end marker in the batch of `header` and `records`; nothing if it is no control batch, holds
/// no record (the cleaner left it empty) or one of another kind (the quorum's). CORRUPT_MESSAGE:
/// its record does not parse.
[[nodiscard]] Result<std::optional<EndTransactionMarker>, ErrorCode> read_end_transaction_marker(
    const BatchHeader& header, ByteSpan records);

}  // namespace gregor::log
