// Disk: what sim/runtime/disk.h promises, as far as it can be seen without a power loss.
#include <map>

#include "sim/runtime/sync.h"
#include "tests/parity/world.h"

namespace gregor::parity {
namespace {

Bytes text(std::string_view value) { return Bytes::copy_of(value); }

std::string content(Disk& disk, std::string_view path) {
    return std::string(take(read_file(disk, path)).text());
}

void put(Disk& disk, std::string_view path, std::string_view value) {
    const FileRef file = take(disk.open(path, OpenMode::create));
    take(file->truncate(0));
    take(file->write(0, text(value)));
}

std::string names(const std::vector<DirectoryEntry>& entries) {
    std::string all;
    for (const DirectoryEntry& entry : entries) {
        all += entry.name + (entry.is_directory ? "/ " : " ");
    }
    return all;
}

}  // namespace

PARITY("what was written is read back at once, through every handle") {
    Disk& disk = nodes.client.disk();
    const FileRef file = take(disk.open("f", OpenMode::create_new));
    const FileRef other = take(disk.open("f", OpenMode::read));
    take(file->write(0, text("hello world")));
    REQUIRE(take(other->read(0, 11)).text() == "hello world");
    REQUIRE(take(other->read(6, 5)).text() == "world");
    take(file->write(6, text("there")));
    REQUIRE(take(other->read(0, 100)).text() == "hello there");
    REQUIRE(take(file->size()) == 11);
    REQUIRE(take(other->size()) == 11);
}

PARITY("a read is short only where the file ends") {
    Disk& disk = nodes.client.disk();
    put(disk, "f", "0123456789");
    const FileRef file = take(disk.open("f", OpenMode::read));
    REQUIRE(take(file->read(8, 10)).text() == "89");
    REQUIRE(take(file->read(10, 10)).empty());
    REQUIRE(take(file->read(1'000'000, 10)).empty());
    REQUIRE(take(file->read(3, 0)).empty());
    REQUIRE(take(file->read(0, 3'000'000'000)).size() == 10);
}

PARITY("a write takes its pieces one behind the other") {
    Disk& disk = nodes.client.disk();
    const FileRef file = take(disk.open("f", OpenMode::create));
    std::vector<Bytes> pieces;
    std::string expected;
    for (int i = 0; i < 300; ++i) {
        const std::string piece = i % 7 == 0 ? "" : std::to_string(i) + ",";
        pieces.push_back(text(piece));
        expected += piece;
    }
    take(file->write(2, pieces));
    take(file->write(0, std::span<const Bytes>()));
    REQUIRE(content(disk, "f") == std::string(2, '\0') + expected);
}

PARITY("a gap reads as zeros") {
    Disk& disk = nodes.client.disk();
    const FileRef file = take(disk.open("f", OpenMode::create));
    take(file->write(5, text("x")));
    take(file->truncate(9));
    const Bytes bytes = take(file->read(0, 100));
    REQUIRE(bytes.text() == std::string_view("\0\0\0\0\0x\0\0\0", 9));
}

PARITY("what was cut off does not come back") {
    Disk& disk = nodes.client.disk();
    put(disk, "f", "0123456789");
    const FileRef file = take(disk.open("f", OpenMode::write));
    take(file->truncate(4));
    REQUIRE(take(file->size()) == 4);
    take(file->truncate(6));
    REQUIRE(content(disk, "f") == std::string_view("0123\0\0", 6));
    take(file->truncate(0));
    REQUIRE(content(disk, "f").empty());
}

PARITY("a large file is read, cut and removed") {
    Disk& disk = nodes.client.disk();
    const FileRef file = take(disk.open("f", OpenMode::create));
    std::string expected;
    for (std::uint64_t block = 0; block < 40; ++block) {
        const std::string piece(100'000, static_cast<char>('a' + block % 26));
        take(file->write(expected.size(), text(piece)));
        expected += piece;
    }
    REQUIRE(content(disk, "f") == expected);
    take(file->sync());
    take(file->truncate(50'000));
    REQUIRE(content(disk, "f") == expected.substr(0, 50'000));
    take(file->write(0, text(expected)));
    take(disk.remove("f"));
    REQUIRE(take(file->read(3'900'000, 100'000)).text() == expected.substr(3'900'000));
}

PARITY("each open mode does what it says") {
    Disk& disk = nodes.client.disk();
    REQUIRE(error_of(disk.open("f", OpenMode::read)) == "not_found");
    REQUIRE(error_of(disk.open("f", OpenMode::write)) == "not_found");
    take(take(disk.open("f", OpenMode::create_new))->write(0, text("kept")));
    REQUIRE(error_of(disk.open("f", OpenMode::create_new)) == "already_exists");
    REQUIRE(take(take(disk.open("f", OpenMode::create))->read(0, 9)).text() == "kept");
    take(take(disk.open("f", OpenMode::write))->write(0, text("K")));
    REQUIRE(content(disk, "f") == "Kept");
}

PARITY("a file that is open for reading refuses changes") {
    Disk& disk = nodes.client.disk();
    put(disk, "f", "kept");
    const FileRef file = take(disk.open("f", OpenMode::read));
    REQUIRE(error_of(file->write(0, text("x"))) == "permission_denied");
    REQUIRE(error_of(file->truncate(0)) == "permission_denied");
    REQUIRE(content(disk, "f") == "kept");
}

PARITY("paths through what is no directory, or to what is one, are refused") {
    Disk& disk = nodes.client.disk();
    put(disk, "f", "x");
    take(disk.create_directories("d"));
    REQUIRE(error_of(disk.open("d", OpenMode::read)) == "is_a_directory");
    REQUIRE(error_of(disk.open("d", OpenMode::create)) == "is_a_directory");
    REQUIRE(error_of(disk.open("f/x", OpenMode::create)) == "not_a_directory");
    REQUIRE(error_of(disk.open("e/x", OpenMode::create)) == "not_found");
    REQUIRE(error_of(disk.list("f")) == "not_a_directory");
    REQUIRE(error_of(disk.list("e")) == "not_found");
    REQUIRE(error_of(disk.sync_dir("e")) == "not_found");
    REQUIRE(error_of(disk.remove("e")) == "not_found");
    REQUIRE(error_of(disk.create_directories("f")) == "not_a_directory");
    REQUIRE(error_of(disk.create_directories("f/x")) == "not_a_directory");
    REQUIRE_FALSE(take(disk.exists("e")));
    REQUIRE_FALSE(take(disk.exists("f/x")));
}

PARITY("directories are made with those above them") {
    Disk& disk = nodes.client.disk();
    take(disk.create_directories("a/b/c"));
    take(disk.create_directories("a/b/c"));
    take(disk.create_directories("a/b"));
    put(disk, "a/b/c/f", "deep");
    REQUIRE(take(disk.exists("a/b/c")));
    REQUIRE(content(disk, "a/b/c/f") == "deep");
    take(disk.sync_dir("a/b/c"));
    take(disk.sync_dir("a"));
}

PARITY("a listing is sorted by name and shows one level") {
    Disk& disk = nodes.client.disk();
    take(disk.create_directories("d/sub/below"));
    for (const std::string name : {"b", "a", "z", "B", "a.log", "00010.log", "9"}) {
        put(disk, "d/" + name, "x");
    }
    REQUIRE(names(take(disk.list("d"))) == "00010.log 9 B a a.log b sub/ z ");
    REQUIRE(names(take(disk.list("d/sub"))) == "below/ ");
    REQUIRE(take(disk.list("d/sub/below")).empty());
    REQUIRE(names(take(disk.list(""))) == "d/ ");
}

PARITY("a rename replaces its target, and a handle follows its file") {
    Disk& disk = nodes.client.disk();
    put(disk, "old", "old content");
    put(disk, "new", "new content, longer");
    const FileRef replaced = take(disk.open("new", OpenMode::read));
    const FileRef moved = take(disk.open("old", OpenMode::write));
    take(disk.rename("old", "new"));
    REQUIRE_FALSE(take(disk.exists("old")));
    REQUIRE(content(disk, "new") == "old content");
    REQUIRE(take(replaced->read(0, 100)).text() == "new content, longer");
    take(moved->write(0, text("OLD")));
    REQUIRE(content(disk, "new") == "OLD content");
    take(disk.rename("new", "new"));
    REQUIRE(content(disk, "new") == "OLD content");
}

PARITY("a rename stays inside its directory") {
    Disk& disk = nodes.client.disk();
    take(disk.create_directories("d"));
    put(disk, "f", "x");
    put(disk, "d/g", "y");
    REQUIRE(error_of(disk.rename("f", "d/f")) == "invalid_argument");
    REQUIRE(error_of(disk.rename("d/g", "g")) == "invalid_argument");
    take(disk.rename("d/g", "d/h"));
    REQUIRE(content(disk, "d/h") == "y");
}

PARITY("a directory is renamed with what is in it, but never onto another") {
    Disk& disk = nodes.client.disk();
    take(disk.create_directories("orders-0/x"));
    take(disk.create_directories("taken"));
    put(disk, "orders-0/f", "content");
    REQUIRE(error_of(disk.rename("orders-0", "taken")) == "already_exists");
    REQUIRE(error_of(disk.rename("missing", "taken")) == "not_found");
    take(disk.rename("orders-0", "orders-0.delete"));
    REQUIRE(names(take(disk.list(""))) == "orders-0.delete/ taken/ ");
    REQUIRE(content(disk, "orders-0.delete/f") == "content");
    put(disk, "file", "x");
    REQUIRE(error_of(disk.rename("file", "taken")) == "is_a_directory");
}

PARITY("a directory is removed only when it is empty") {
    Disk& disk = nodes.client.disk();
    take(disk.create_directories("d"));
    put(disk, "d/f", "x");
    REQUIRE(error_of(disk.remove("d")) == "directory_not_empty");
    take(disk.remove("d/f"));
    take(disk.remove("d"));
    REQUIRE_FALSE(take(disk.exists("d")));
}

PARITY("a removed file lives on through its handles, apart from a new one of its name") {
    Disk& disk = nodes.client.disk();
    put(disk, "f", "before");
    const FileRef file = take(disk.open("f", OpenMode::write));
    take(disk.remove("f"));
    REQUIRE_FALSE(take(disk.exists("f")));
    REQUIRE(take(file->read(0, 100)).text() == "before");
    take(file->write(6, text(" and after")));
    put(disk, "f", "another");
    REQUIRE(take(file->read(0, 100)).text() == "before and after");
    REQUIRE(content(disk, "f") == "another");
    take(file->sync());
}

PARITY("a lock is held by one holder until it is let go") {
    Disk& disk = nodes.client.disk();
    auto lock = take(disk.lock(".lock"));
    REQUIRE(take(disk.exists(".lock")));
    REQUIRE(error_of(disk.lock(".lock")) == "locked");
    lock = nullptr;
    lock = take(disk.lock(".lock"));
    REQUIRE(error_of(disk.lock("missing/.lock")) == "not_found");
}

PARITY("two nodes do not see each other's files") {
    put(nodes.client.disk(), "f", "client");
    REQUIRE_FALSE(take(nodes.server.disk().exists("f")));
    put(nodes.server.disk(), "f", "server");
    REQUIRE(content(nodes.client.disk(), "f") == "client");
}

PARITY("many fibers may sync one file at once") {
    Disk& disk = nodes.client.disk();
    const FileRef file = take(disk.open("f", OpenMode::create));
    Semaphore done(nodes.client.scheduler(), 0);
    for (std::uint64_t i = 0; i < 20; ++i) {
        nodes.spawn(nodes.client, [&, i] {
            for (std::uint64_t round = 0; round < 3; ++round) {
                take(file->write(i * 3 + round, text("x")));
                take(file->sync());
            }
            done.release();
        });
    }
    done.acquire(20);
    REQUIRE(content(disk, "f") == std::string(60, 'x'));
}

PARITY("a position beyond every file is an error and no crash") {
    Disk& disk = nodes.client.disk();
    const FileRef file = take(disk.open("f", OpenMode::create));
    REQUIRE(take(file->read(UINT64_MAX, 10)).empty());
    REQUIRE_FALSE(file->write(UINT64_MAX - 2, text("long")));
    REQUIRE_FALSE(file->truncate(UINT64_MAX));
    REQUIRE(take(file->size()) == 0);
}

}  // namespace gregor::parity
