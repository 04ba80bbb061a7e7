// The three indexes as pure tables and as Kafka's bytes.
#include "broker/log/offset_index.h"
#include "broker/log/time_index.h"
#include "broker/log/transaction_index.h"
#include "tests/support/catch.h"

namespace gregor::log {
namespace {

TEST_CASE("the offset index gives the last entry at or before an offset") {
    OffsetIndex index(Offset(1000));
    index.append(Offset(1014), 800);
    index.append(Offset(1030), 1200);
    REQUIRE(index.lookup(Offset(1000)) == 0);
    REQUIRE(index.lookup(Offset(1013)) == 0);
    REQUIRE(index.lookup(Offset(1014)) == 800);
    REQUIRE(index.lookup(Offset(1029)) == 800);
    REQUIRE(index.lookup(Offset(9999)) == 1200);
    REQUIRE(index.offset_at_or_after(801) == Offset(1030));
    REQUIRE(!index.offset_at_or_after(1201));
    REQUIRE(to_hex(index.encode()) == "0000000e000003200000001e000004b0");
    index.truncate_to(Offset(1030));
    REQUIRE(index.size() == 1);
}

TEST_CASE("an offset index is read back, without the padding of a crash, and damage is seen") {
    OffsetIndex index(Offset(0));
    index.append(Offset(5), 100);
    index.append(Offset(9), 250);
    ByteBuffer bytes;
    bytes.append(index.encode().span());
    const auto decode = [&](std::uint64_t log_size) {
        return OffsetIndex::decode(Offset(0), bytes.span(), log_size);
    };
    REQUIRE(decode(300)->entries() == index.entries());
    REQUIRE(!decode(250));
    bytes.resize(64);
    REQUIRE(decode(300)->entries() == index.entries());
    bytes.resize(65);
    REQUIRE(!decode(300));
    bytes.resize(64);
    bytes.data()[60] = 1;
    REQUIRE(!decode(300));
}

TEST_CASE("the time index keeps rising timestamps only") {
    TimeIndex index(Offset(10));
    index.maybe_append({kNoTimestamp, Offset(11)});
    index.maybe_append({500, Offset(12)});
    index.maybe_append({500, Offset(13)});
    index.maybe_append({400, Offset(14)});
    index.maybe_append({700, Offset(15)});
    REQUIRE(index.size() == 2);
    REQUIRE(index.lookup(499) == TimestampOffset{kNoTimestamp, Offset(10)});
    REQUIRE(index.lookup(500) == TimestampOffset{500, Offset(12)});
    REQUIRE(index.lookup(900) == TimestampOffset{700, Offset(15)});
    const auto decoded = TimeIndex::decode(Offset(10), index.encode());
    REQUIRE(decoded->entries() == index.entries());
    index.truncate_to(Offset(15));
    REQUIRE(index.last() == TimestampOffset{500, Offset(12)});
}

TEST_CASE("the transaction index gives what overlaps a range and says when that is all") {
    TransactionIndex index;
    index.append({ProducerId(1), Offset(0), Offset(10), Offset(5)});
    index.append({ProducerId(2), Offset(5), Offset(20), Offset(21)});
    index.append({ProducerId(1), Offset(30), Offset(40), Offset(41)});
    std::vector<AbortedTransaction> found;
    REQUIRE(index.collect(Offset(0), Offset(4), found));
    REQUIRE(found.size() == 1);
    found.clear();
    REQUIRE(index.collect(Offset(11), Offset(20), found));
    REQUIRE(found.size() == 1);
    REQUIRE(found.front().producer_id == ProducerId(2));
    found.clear();
    REQUIRE(!index.collect(Offset(0), Offset(100), found));
    REQUIRE(found.size() == 3);
    REQUIRE(TransactionIndex::decode(Offset(0), index.encode())->entries() == index.entries());
    REQUIRE(!TransactionIndex::decode(Offset(11), index.encode()));
    index.truncate_to(Offset(20));
    REQUIRE(index.size() == 1);
}

}  // namespace
}  // namespace gregor::log
