// What a power loss may take and what it may not.
#include "sim/simulated/disk_store.h"
#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::simulated;

namespace {

/// Keeps or loses everything that was not synced.
class Uniform final : public CrashPolicy {
public:
    explicit Uniform(bool keeps) : keeps_(keeps) {}
    std::vector<bool> sectors_kept(std::string_view, std::size_t, std::size_t,
                                   std::size_t sectors) override {
        return std::vector<bool>(sectors, keeps_);
    }
    std::size_t changes_kept(std::string_view, std::size_t pending) override {
        return keeps_ ? pending : 0;
    }

private:
    bool keeps_;
};

std::string content(DiskStore& store, std::string_view path) {
    const auto file = store.open(path, OpenMode::read);
    return file ? std::string((*file)->read(0, 1 << 20).text()) : "none";
}

}  // namespace

TEST_CASE("what was synced, with its directory, survives a power loss") {
    DiskStore store;
    const auto file = *store.open("a", OpenMode::create);
    file->write(0, Bytes::copy_of("durable"), {});
    file->sync();
    REQUIRE(store.sync_dir(""));
    file->write(7, Bytes::copy_of(" and not"), {});
    Uniform lose(false);
    REQUIRE(store.crash(lose).lost_data);
    REQUIRE(content(store, "a") == "durable");
}

TEST_CASE("what is synced of a file ends where the first dirty write begins") {
    DiskStore store;
    const auto file = *store.open("a", OpenMode::create);
    REQUIRE(file->synced_size() == 0);
    file->write(0, Bytes::copy_of("durable"), {});
    REQUIRE(file->synced_size() == 0);
    file->sync();
    file->write(7, Bytes::copy_of(" and not"), {});
    REQUIRE(file->synced_size() == 7);
    file->write(3, Bytes::copy_of("x"), {});
    REQUIRE(file->synced_size() == 3);
    file->sync();
    REQUIRE(file->synced_size() == 15);
}

TEST_CASE("a new file without a synced directory is gone, synced or not") {
    DiskStore store;
    const auto file = *store.open("a", OpenMode::create);
    file->write(0, Bytes::copy_of("x"), {});
    file->sync();
    Uniform lose(false);
    REQUIRE(store.crash(lose).lost_names);
    REQUIRE(content(store, "a") == "none");
}

TEST_CASE("an unsynced rename is undone, an unsynced content under a synced rename is empty") {
    DiskStore store;
    (*store.open("a", OpenMode::create))->write(0, Bytes::copy_of("old"), {});
    (*store.open("a", OpenMode::write))->sync();
    REQUIRE(store.sync_dir(""));
    (*store.open("a.tmp", OpenMode::create))->write(0, Bytes::copy_of("new"), {});
    REQUIRE(store.rename("a.tmp", "a"));
    Uniform lose(false);
    const auto copy = store.clone();
    store.crash(lose);
    REQUIRE(content(store, "a") == "old");
    REQUIRE(copy->sync_dir(""));
    copy->crash(lose);
    REQUIRE(content(*copy, "a").empty());
}

TEST_CASE("a lost overwrite leaves what stood there, a lost truncation the longer file") {
    DiskStore store;
    const auto file = *store.open("a", OpenMode::create);
    file->write(0, Bytes::copy_of("abcdef"), {});
    file->sync();
    REQUIRE(store.sync_dir(""));
    file->write(2, Bytes::copy_of("XY"), {});
    file->truncate(3, {});
    REQUIRE(content(store, "a") == "abX");
    Uniform lose(false);
    store.crash(lose);
    REQUIRE(content(store, "a") == "abcdef");
}

TEST_CASE("a failed sync leaves its writes in the cache only, also after a sync that succeeds") {
    DiskStore store;
    const auto file = *store.open("a", OpenMode::create);
    file->write(0, Bytes::copy_of("aaa"), {});
    file->sync();
    REQUIRE(store.sync_dir(""));
    file->write(3, Bytes::copy_of("bbb"), {});
    file->drop_dirty();
    file->write(6, Bytes::copy_of("ccc"), {});
    file->sync();
    REQUIRE(content(store, "a") == "aaabbbccc");
    Uniform keep(true);
    store.crash(keep);
    REQUIRE(content(store, "a") == std::string("aaa\0\0\0ccc", 9));
}
