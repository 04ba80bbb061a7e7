// Database: one SQLite file of ours. What SQLite answers with a code is an error with the file's
// name and SQLite's own words: the file comes from outside, and may be anything.
//
// Ours is told from others by its application_id; user_version counts the migrations that it has
// had. Between two writes there is one file and nothing beside it (the rollback journal, not WAL).
// Writers take the lock for a whole transaction and wait for each other, so that several processes
// may write.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sim/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace gregor::reports {

using Value = std::variant<std::monostate, std::int64_t, std::string>;

/// One row of an answer. A column of another type reads as 0 or as the empty text.
struct Row {
    std::vector<Value> values;

    [[nodiscard]] std::int64_t number(std::size_t column) const {
        const auto* value = std::get_if<std::int64_t>(&values.at(column));
        return value == nullptr ? 0 : *value;
    }
    [[nodiscard]] std::string text(std::size_t column) const {
        const auto* value = std::get_if<std::string>(&values.at(column));
        return value == nullptr ? std::string() : *value;
    }
};

enum class Missing : std::uint8_t { create, refuse };

class Database {
public:
    /// What a file of this kind is: its application_id, and the scripts that make its tables, the
    /// n-th of which takes a file from user_version n-1 to n. A script that was ever released is
    /// never changed.
    struct Schema {
        std::int32_t application_id = 0;
        std::span<const char* const> migrations;
    };

    /// Opens a sound file of the schema's kind and brings it up to date; the error says what is
    /// wrong with it. A file that is not ours is not touched.
    [[nodiscard]] static Result<Database, std::string> open(const std::string& path,
                                                            const Schema& schema, Missing missing);

    /// Runs one statement, with values for its question marks.
    [[nodiscard]] Result<std::vector<Row>, std::string> query(std::string_view sql,
                                                              std::span<const Value> values = {});

    /// Runs `body` with the lock for writing: all of it is kept, or with an error nothing.
    [[nodiscard]] Result<void, std::string> transaction(
        const std::function<Result<void, std::string>()>& body);

    [[nodiscard]] std::int64_t last_row_id() const;
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    struct Close {
        void operator()(sqlite3* connection) const;
    };
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };

    explicit Database(std::string path) : path_(std::move(path)) {}
    [[nodiscard]] Result<void, std::string> connect(Missing missing);
    [[nodiscard]] Result<void, std::string> check_kind(const Schema& schema);
    [[nodiscard]] Result<void, std::string> migrate(const Schema& schema);
    [[nodiscard]] Result<void, std::string> apply(const Schema& schema);
    [[nodiscard]] Result<void, std::string> run_script(const char* script);
    [[nodiscard]] Result<std::int64_t, std::string> number_of(std::string_view sql);
    [[nodiscard]] Result<sqlite3_stmt*, std::string> statement(std::string_view sql);
    [[nodiscard]] std::string error() const;

    std::string path_;
    std::unique_ptr<sqlite3, Close> connection_;
    /// Prepared once; by their text.
    std::map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>, std::less<>> statements_;
};

}  // namespace gregor::reports
