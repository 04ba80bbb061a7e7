#include "broker/metadata/metadata_loader.h"

#include <fmt/format.h>

#include "sim/base/check.h"
#include "sim/base/probe.h"

namespace gregor::metadata {

Result<void, std::string> MetadataLoader::apply(protocol::Offset offset,
                                                const MetadataRecord& record) {
    if (offset < next_offset_) {
        return fail(fmt::format("offset {} comes after {}", offset, next_offset_ - 1));
    }
    if (std::holds_alternative<protocol::BeginTransactionRecord>(record)) {
        if (in_transaction())
            return fail(fmt::format("offset {}: a transaction in another", offset));
        before_transaction_ = image_;
    } else if (std::holds_alternative<protocol::EndTransactionRecord>(record)) {
        if (!in_transaction()) return fail(fmt::format("offset {}: no transaction to end", offset));
        before_transaction_.reset();
    } else if (std::holds_alternative<protocol::AbortTransactionRecord>(record)) {
        if (!in_transaction())
            return fail(fmt::format("offset {}: no transaction to abort", offset));
        PROBE("a metadata transaction was aborted");
        image_ = *std::move(before_transaction_);
        before_transaction_.reset();
    } else if (auto applied = image_.apply(record); !applied) {
        return fail(fmt::format("offset {}: {}", offset, applied.error()));
    }
    next_offset_ = offset + 1;
    return {};
}

void MetadataLoader::skip_to(protocol::Offset next_offset) {
    CHECK(next_offset >= next_offset_, "{} is before {}", next_offset, next_offset_);
    next_offset_ = next_offset;
}

}  // namespace gregor::metadata
