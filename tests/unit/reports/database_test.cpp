// Which files are taken, which are refused and with what words; migrations; transactions.
#include "reports/database.h"

#include <array>

#include "tests/unit/reports/store_file.h"

namespace gregor::reports {
namespace {

using Catch::Contains;

constexpr std::array<const char*, 2> kTwo{
    "CREATE TABLE pets (name TEXT NOT NULL) STRICT; INSERT INTO pets VALUES ('cat')",
    "ALTER TABLE pets ADD COLUMN legs INTEGER NOT NULL DEFAULT 4"};
constexpr std::array<const char*, 3> kBroken{kTwo[0], kTwo[1],
                                             "INSERT INTO pets VALUES ('dog', 4); INSERT INTO no"};

Database::Schema schema(std::span<const char* const> migrations) {
    return {.application_id = 77, .migrations = migrations};
}

Database::Schema first_version() { return schema(std::span(kTwo).first(1)); }

std::string refusal(const StoreFile& file, const Database::Schema& wanted,
                    Missing missing = Missing::create) {
    const auto opened = Database::open(file.path(), wanted, missing);
    return opened ? "it was opened" : opened.error();
}

std::int64_t count(Database& database) {
    const auto rows = database.query("SELECT count(*) FROM pets");
    REQUIRE(rows.has_value());
    return rows->at(0).number(0);
}

TEST_CASE("a new file, an empty one and one in a new folder become databases of ours") {
    const StoreFile file;
    SECTION("new") {}
    SECTION("empty") { file.write(""); }
    REQUIRE(Database::open(file.path(), schema(kTwo), Missing::create).has_value());
    REQUIRE(Database::open(file.path(), schema(kTwo), Missing::refuse).has_value());
    const std::string deep = (file.folder() / "a" / "b" / "c.sqlite").string();
    REQUIRE(Database::open(deep, schema(kTwo), Missing::create).has_value());
}

TEST_CASE("a file of an earlier version is brought up to date and keeps its rows") {
    const StoreFile file;
    REQUIRE(Database::open(file.path(), first_version(), Missing::create).has_value());
    auto database = Database::open(file.path(), schema(kTwo), Missing::refuse);
    REQUIRE(database.has_value());
    const auto rows = database->query("SELECT name, legs FROM pets");
    REQUIRE(rows.has_value());
    REQUIRE(rows->size() == 1);
    REQUIRE(rows->at(0).text(0) == "cat");
    REQUIRE(rows->at(0).number(1) == 4);
}

TEST_CASE("a migration that fails leaves the file as it was") {
    const StoreFile file;
    REQUIRE(Database::open(file.path(), first_version(), Missing::create).has_value());
    REQUIRE_THAT(refusal(file, schema(kBroken)), Contains(file.path()));
    auto database = Database::open(file.path(), first_version(), Missing::refuse);
    REQUIRE(database.has_value());
    REQUIRE(count(*database) == 1);
}

TEST_CASE("a file of a newer build is refused and not touched") {
    const StoreFile file;
    REQUIRE(Database::open(file.path(), schema(kTwo), Missing::create).has_value());
    const std::string before = file.content();
    REQUIRE_THAT(refusal(file, first_version()), Contains("written by a newer build") &&
                                                     Contains("has version 2") &&
                                                     Contains("up to 1"));
    REQUIRE(file.content() == before);
}

TEST_CASE("what is no database, or another program's, is refused and not touched") {
    const StoreFile file;
    std::string words;
    SECTION("text") {
        file.write(std::string(5000, 'x'));
        words = "is not an SQLite database";
    }
    SECTION("another id") {
        REQUIRE(
            Database::open(file.path(), {.application_id = 78, .migrations = kTwo}, Missing::create)
                .has_value());
        words = "is a database of another program";
    }
    SECTION("no id, but tables") {
        REQUIRE(
            Database::open(file.path(), {.application_id = 0, .migrations = kTwo}, Missing::create)
                .has_value());
        words = "is a database of another program";
    }
    const std::string before = file.content();
    REQUIRE_THAT(refusal(file, schema(kTwo)), Contains(words) && Contains(file.path()));
    REQUIRE(file.content() == before);
}

TEST_CASE("damage is found when the file is opened, wherever it is") {
    const StoreFile file;
    {
        auto database = Database::open(file.path(), schema(kTwo), Missing::create);
        REQUIRE(database.has_value());
        for (int i = 0; i < 50; ++i) {
            const std::vector<Value> pet{std::string(1000, 'a')};
            REQUIRE(database->query("INSERT INTO pets (name) VALUES (?)", pet).has_value());
        }
    }
    const std::string sound = file.content();
    constexpr std::size_t kPage = 4096;
    REQUIRE(sound.size() > 10 * kPage);
    SECTION("a page of zeros") {
        // The first holds the schema; from the second on there are rows.
        for (std::size_t page = 1; page * kPage < sound.size(); ++page) {
            std::string damaged = sound;
            damaged.replace(page * kPage, kPage, kPage, '\0');
            file.write(damaged);
            CAPTURE(page);
            REQUIRE_THAT(refusal(file, schema(kTwo)), Contains("is damaged"));
        }
    }
    SECTION("a file cut short") {
        file.write(sound.substr(0, sound.size() / 2));
        REQUIRE_THAT(refusal(file, schema(kTwo)), Contains("is damaged"));
    }
}

TEST_CASE("a missing file, or a folder in its place, is said to be so") {
    const StoreFile file;
    REQUIRE_THAT(refusal(file, schema(kTwo), Missing::refuse), Contains("there is no file"));
    REQUIRE_FALSE(std::filesystem::exists(file.path()));
    std::filesystem::create_directory(file.path());
    REQUIRE_THAT(refusal(file, schema(kTwo)), Contains("unable to open"));
}

TEST_CASE("a transaction is kept as a whole or not at all") {
    const StoreFile file;
    auto database = Database::open(file.path(), schema(kTwo), Missing::create);
    REQUIRE(database.has_value());
    const auto insert = [&](bool fails) -> Result<void, std::string> {
        TRY(database->query("INSERT INTO pets (name) VALUES ('dog')"));
        if (fails) return fail(std::string("the dog ran away"));
        return {};
    };
    REQUIRE(database->transaction([&] { return insert(true); }).error() == "the dog ran away");
    REQUIRE(count(*database) == 1);
    REQUIRE(database->transaction([&] { return insert(false); }).has_value());
    REQUIRE(count(*database) == 2);
}

TEST_CASE("two connections write in turns and see each other's rows") {
    const StoreFile file;
    auto one = Database::open(file.path(), schema(kTwo), Missing::create);
    auto two = Database::open(file.path(), schema(kTwo), Missing::create);
    for (auto* database : {&*one, &*two, &*one}) {
        REQUIRE(database->query("INSERT INTO pets (name) VALUES ('dog')").has_value());
    }
    REQUIRE(count(*one) == 4);
    REQUIRE(count(*two) == 4);
}

}  // namespace
}  // namespace gregor::reports
