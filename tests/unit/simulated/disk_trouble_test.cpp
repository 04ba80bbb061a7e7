// What a process meets when its disk is in trouble, and what is left of it after a power loss.
#include <set>

#include "tests/support/catch.h"
#include "tests/support/function_program.h"

using namespace gregor;
using namespace gregor::simulated;

namespace {

/// Everything that was not synced is lost.
class LoseAll final : public CrashPolicy {
public:
    std::vector<bool> sectors_kept(std::string_view, std::size_t, std::size_t,
                                   std::size_t sectors) override {
        return std::vector<bool>(sectors, false);
    }
    std::size_t changes_kept(std::string_view, std::size_t) override { return 0; }
};

template <class T>
std::string outcome(const Result<T, IoError>& result) {
    return result ? "ok" : std::string(name(result.error()));
}

using Outcomes = std::vector<std::string>;

/// One machine with a synced, empty file "f" and one process on it.
class DiskWorld {
public:
    explicit DiskWorld(std::uint64_t seed = 1)
        : world_(seed, {}), machine_(world_.add_machine("n1", {})) {
        run([](Disk& disk) {
            const FileRef file = *disk.open("f", OpenMode::create);
            (void)file->sync();
            (void)disk.sync_dir("");
        });
    }

    void run(std::function<void(Disk&)> body) {
        machine_.start(program([body](Runtime& runtime) { body(runtime.disk()); }));
        world_.run_for(10s);
        REQUIRE_FALSE(machine_.running());
    }
    /// The file as it is after a power loss that spares nothing.
    std::string after_power_loss() {
        LoseAll policy;
        machine_.disk().store->crash(policy);
        return content();
    }
    std::string content() {
        const auto file = machine_.disk().store->open("f", OpenMode::read);
        return file ? std::string((*file)->read(0, 1 << 20).text()) : "none";
    }
    DiskTrouble& trouble() { return machine_.disk().trouble; }
    std::uint64_t fired(FaultKind kind) { return world_.counters().count(kind); }
    World& world() { return world_; }

private:
    World world_;
    Machine& machine_;
};

Bytes text(std::string_view text) { return Bytes::copy_of(text); }

}  // namespace

TEST_CASE("EIO meets as many operations as it was told, of the files that it names") {
    DiskWorld world;
    Outcomes outcomes;
    world.trouble().failing_reads = {"f", 2, {}};
    world.run([&](Disk& disk) {
        const FileRef other = *disk.open("other", OpenMode::create);
        outcomes.push_back(outcome(other->read(0, 1)));
        const FileRef file = *disk.open("f", OpenMode::write);
        for (int i = 0; i < 3; ++i) outcomes.push_back(outcome(file->read(0, 1)));
    });
    REQUIRE(outcomes == Outcomes{"ok", "io_failed", "io_failed", "ok"});
    REQUIRE(world.fired(FaultKind::disk_read_error) == 2);
}

TEST_CASE("an open and a rename that fail change nothing, and work when tried again") {
    DiskWorld world;
    Outcomes outcomes;
    world.trouble().failing_opens = {"new", 1, {}};
    world.trouble().failing_renames = {"", 1, {}};
    world.run([&](Disk& disk) {
        outcomes.push_back(outcome(disk.open("new", OpenMode::create)));
        outcomes.push_back(*disk.exists("new") ? "there" : "not there");
        outcomes.push_back(outcome(disk.open("new", OpenMode::create)));
        outcomes.push_back(outcome(disk.rename("new", "renamed")));
        outcomes.push_back(*disk.exists("new") ? "there" : "not there");
        outcomes.push_back(outcome(disk.rename("new", "renamed")));
        outcomes.push_back(*disk.exists("renamed") ? "there" : "not there");
    });
    REQUIRE(outcomes ==
            Outcomes{"io_failed", "not there", "ok", "io_failed", "there", "ok", "there"});
    REQUIRE(world.fired(FaultKind::disk_open_error) == 1);
    REQUIRE(world.fired(FaultKind::disk_rename_error) == 1);
}

TEST_CASE("trouble may let some operations go well first, and a removal may fail") {
    DiskWorld world;
    Outcomes outcomes;
    world.trouble().failing_opens = {.left = 1, .after = 2};
    world.trouble().failing_removes = {.left = 1};
    world.run([&](Disk& disk) {
        for (const char* file : {"a", "b", "c", "c"}) {
            outcomes.push_back(outcome(disk.open(file, OpenMode::create)));
        }
        outcomes.push_back(outcome(disk.remove("a")));
        outcomes.push_back(*disk.exists("a") ? "there" : "not there");
        outcomes.push_back(outcome(disk.remove("a")));
    });
    REQUIRE(outcomes == Outcomes{"ok", "ok", "io_failed", "ok", "io_failed", "there", "ok"});
}

TEST_CASE(
    "a write that fails leaves a prefix of what it was to write, of another length each time") {
    const std::string wanted = "0123456789abcdef";
    std::set<std::size_t> lengths;
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        DiskWorld world(seed);
        world.trouble().failing_writes = {"f", 1, {}};
        std::string result;
        world.run([&](Disk& disk) {
            const FileRef file = *disk.open("f", OpenMode::write);
            result = outcome(file->write(0, text(wanted)));
        });
        REQUIRE(result == "io_failed");
        REQUIRE(wanted.starts_with(world.content()));
        lengths.insert(world.content().size());
    }
    REQUIRE(lengths.size() > 3);
}

TEST_CASE("a failed sync drops dirty pages: a later sync that succeeds does not bring them back") {
    DiskWorld world;
    Outcomes outcomes;
    world.trouble().failing_syncs = {"f", 1, {}};
    world.run([&](Disk& disk) {
        const FileRef file = *disk.open("f", OpenMode::write);
        (void)file->write(0, text("dropped"));
        outcomes.push_back(outcome(file->sync()));
        outcomes.push_back(outcome(file->sync()));
    });
    REQUIRE(outcomes == Outcomes{"io_failed", "ok"});
    REQUIRE(world.content() == "dropped");
    REQUIRE(world.after_power_loss() != "dropped");
}

TEST_CASE("a full disk takes a part of what grows a file, all of what overwrites, nothing new") {
    DiskWorld world;
    Outcomes outcomes;
    world.run(
        [](Disk& disk) { (void)(*disk.open("f", OpenMode::write))->write(0, text("12345")); });
    world.trouble().full = {"", 0, world.world().now() + 1s};
    world.run([&](Disk& disk) {
        const FileRef file = *disk.open("f", OpenMode::write);
        outcomes.push_back(outcome(file->write(0, text("abcde"))));
        outcomes.push_back(outcome(file->write(5, text("fghij"))));
        outcomes.push_back(outcome(disk.open("new", OpenMode::create)));
        outcomes.push_back(outcome(disk.create_directories("folder")));
    });
    REQUIRE(outcomes == Outcomes{"ok", "no_space", "no_space", "no_space"});
    REQUIRE(world.content().starts_with("abcde"));
    REQUIRE(std::string("abcdefghij").starts_with(world.content()));
    // 10 s later there is room again.
    world.run([&](Disk& disk) {
        const FileRef file = *disk.open("f", OpenMode::write);
        outcomes.push_back(outcome(file->write(5, text("fghij"))));
    });
    REQUIRE(outcomes.back() == "ok");
    REQUIRE(world.content() == "abcdefghij");
}

TEST_CASE("a lying sync says ok and keeps nothing; an honest one afterwards keeps everything") {
    for (const bool honest : {false, true}) {
        DiskWorld world;
        Outcomes outcomes;
        world.trouble().lying = {"f", 0, world.world().now() + 1s};
        const auto write_and_sync = [&](Disk& disk) {
            const FileRef file = *disk.open("f", OpenMode::write);
            (void)file->write(0, text("text"));
            outcomes.push_back(outcome(file->sync()));
        };
        world.run(write_and_sync);
        if (honest) world.run(write_and_sync);
        REQUIRE(outcomes.front() == "ok");
        REQUIRE(world.fired(FaultKind::disk_lying_sync) == 1);
        REQUIRE(world.content() == "text");
        REQUIRE(world.after_power_loss() == (honest ? "text" : ""));
    }
}

TEST_CASE("a misdirected write lands one sector beside its place, and says ok") {
    DiskWorld world;
    std::string result;
    world.trouble().misdirected_writes = {"f", 1, {}};
    world.run([&](Disk& disk) {
        const FileRef file = *disk.open("f", OpenMode::write);
        result = outcome(file->write(4 * kSectorSize, text("astray")));
        (void)file->write(0, text("home"));
    });
    REQUIRE(result == "ok");
    REQUIRE(world.content().size() == 3 * kSectorSize + 6);
    REQUIRE(world.content().substr(3 * kSectorSize) == "astray");
    REQUIRE(world.content().starts_with("home"));
}

TEST_CASE("a slow disk takes at least ten milliseconds an operation") {
    DiskWorld world;
    Duration taken{};
    world.trouble().slow = {"f", 0, world.world().now() + 5s};
    world.run([&](Disk& disk) {
        const FileRef file = *disk.open("f", OpenMode::write);
        const Instant before = world.world().now();
        for (int i = 0; i < 3; ++i) (void)file->write(0, text("text"));
        taken = world.world().now() - before;
    });
    REQUIRE(taken >= 30ms);
    REQUIRE(world.fired(FaultKind::disk_slow) >= 3);
}
