#include "broker/replication/replication_quota.h"
#include "broker/replication/throttled_replicas.h"
#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::replication;
using protocol::NodeId;

namespace {

Instant at(Duration since_start) { return Instant(1000s) + since_start; }

ReplicationQuota quota_of(std::int64_t rate, QuotaWindow window = {}) {
    ReplicationQuota quota(window);
    quota.set_rate(rate);
    return quota;
}

}  // namespace

TEST_CASE("without a rate nothing is too fast") {
    ReplicationQuota quota{QuotaWindow()};
    quota.record(at(0s), 1'000'000'000'000);
    REQUIRE(!quota.is_exceeded(at(0s)));
}

TEST_CASE("what is too fast waits until it fits") {
    ReplicationQuota quota = quota_of(1000);
    quota.record(at(0s), 1000);
    REQUIRE(!quota.is_exceeded(at(0s)));  // a second's worth, at once
    quota.record(at(0s), 3000);
    REQUIRE(quota.fits_at(at(0s)) == at(4s));
    REQUIRE(quota.is_exceeded(at(3999ms)));
    REQUIRE(!quota.is_exceeded(at(4s)));
}

TEST_CASE("a rate that is raised holds for what was recorded before") {
    ReplicationQuota quota = quota_of(1000);
    quota.record(at(0s), 10'000);
    REQUIRE(quota.fits_at(at(1s)) == at(10s));
    quota.set_rate(5000);
    REQUIRE(quota.fits_at(at(1s)) == at(2s));
}

TEST_CASE("samples are forgotten one after the other") {
    ReplicationQuota quota = quota_of(100, {.samples = 3, .sample = 1s});
    quota.record(at(0s), 1000);
    quota.record(at(1s), 150);
    REQUIRE(quota.fits_at(at(1s)) == at(3s));  // when the first one is forgotten
    REQUIRE(!quota.is_exceeded(at(3s)));
}

TEST_CASE("at a rate of nothing one transfer goes through for each window") {
    ReplicationQuota quota = quota_of(0);
    REQUIRE(!quota.is_exceeded(at(0s)));
    quota.record(at(0s), 1);
    REQUIRE(quota.fits_at(at(0s)) == at(11s));
}

TEST_CASE("after a quiet time the quota begins anew") {
    ReplicationQuota quota = quota_of(1000);
    quota.record(at(0s), 5000);
    quota.record(at(100s), 1500);
    REQUIRE(quota.fits_at(at(100s)) == at(101500ms));
}

TEST_CASE("a list of throttled replicas names partitions and brokers") {
    REQUIRE(is_throttled_replica("*", 3, NodeId(1)));
    REQUIRE(is_throttled_replica("0:1,3:1,3:12", 3, NodeId(12)));
    REQUIRE(!is_throttled_replica("0:1,3:1,3:12", 3, NodeId(2)));
    REQUIRE(!is_throttled_replica("0:1,3:1", 1, NodeId(0)));
    REQUIRE(!is_throttled_replica("", 0, NodeId(0)));
    REQUIRE(!is_throttled_replica("none,0,:1,0:,x:1,0:1x", 0, NodeId(1)));
}
