#include "reports/database.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <filesystem>

#include "sim/base/check.h"

namespace gregor::reports {
namespace {

/// How long a writer waits for another. A transaction is one run's: some milliseconds.
constexpr int kLockWaitMs = 30'000;

int bind(sqlite3_stmt* statement, int place, const Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        return ::sqlite3_bind_int64(statement, place, *number);
    }
    if (const auto* text = std::get_if<std::string>(&value)) {
        return ::sqlite3_bind_text64(statement, place, text->data(), text->size(), SQLITE_TRANSIENT,
                                     SQLITE_UTF8);
    }
    return ::sqlite3_bind_null(statement, place);
}

Value column(sqlite3_stmt* statement, int index) {
    switch (::sqlite3_column_type(statement, index)) {
        case SQLITE_INTEGER: return std::int64_t{::sqlite3_column_int64(statement, index)};
        case SQLITE_NULL: return {};
        default: break;
    }
    const auto* text = reinterpret_cast<const char*>(::sqlite3_column_text(statement, index));
    const auto size = static_cast<std::size_t>(::sqlite3_column_bytes(statement, index));
    return text == nullptr ? std::string() : std::string(text, size);
}

Row row_of(sqlite3_stmt* statement) {
    Row row;
    for (int i = 0; i < ::sqlite3_column_count(statement); ++i) {
        row.values.push_back(column(statement, i));
    }
    return row;
}

/// A file in a folder that is not there yet, as in .gregor/runs.sqlite.
Result<void, std::string> make_folder_of(const std::string& path) {
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    std::error_code error;
    if (!folder.empty()) std::filesystem::create_directories(folder, error);
    if (error) {
        return fail(fmt::format("cannot make the folder of {}: {}", path, error.message()));
    }
    return {};
}

}  // namespace

void Database::Close::operator()(sqlite3* connection) const { ::sqlite3_close_v2(connection); }

void Database::Finalize::operator()(sqlite3_stmt* statement) const {
    ::sqlite3_finalize(statement);
}

Result<Database, std::string> Database::open(const std::string& path, const Schema& schema,
                                             Missing missing) {
    if (missing == Missing::create) TRY(make_folder_of(path));
    Database database(path);
    TRY(database.connect(missing));
    // In one transaction, so that no other process makes the file ours half way.
    TRY(database.query("BEGIN"));
    TRY(database.check_kind(schema));
    TRY(database.query("COMMIT"));
    const auto trouble = TRY(database.query("PRAGMA quick_check(1)"));
    if (trouble.size() != 1 || trouble[0].text(0) != "ok") {
        return fail(fmt::format("{} is damaged: {}", path,
                                trouble.empty() ? "it cannot be checked" : trouble[0].text(0)));
    }
    TRY(database.migrate(schema));
    return database;
}

Result<std::vector<Row>, std::string> Database::query(std::string_view sql,
                                                      std::span<const Value> values) {
    sqlite3_stmt* const prepared = TRY(statement(sql));
    CHECK(static_cast<int>(values.size()) == ::sqlite3_bind_parameter_count(prepared),
          "{} values for: {}", values.size(), sql);
    for (std::size_t i = 0; i < values.size(); ++i) {
        CHECK(bind(prepared, static_cast<int>(i) + 1, values[i]) == SQLITE_OK);
    }
    std::vector<Row> rows;
    int answer = ::sqlite3_step(prepared);
    for (; answer == SQLITE_ROW; answer = ::sqlite3_step(prepared)) {
        rows.push_back(row_of(prepared));
    }
    const std::string trouble = answer == SQLITE_DONE ? std::string() : error();
    ::sqlite3_reset(prepared);
    if (answer != SQLITE_DONE) return fail(trouble);
    return rows;
}

Result<void, std::string> Database::transaction(
    const std::function<Result<void, std::string>()>& body) {
    TRY(query("BEGIN IMMEDIATE"));
    Result<void, std::string> done = body();
    if (done) {
        const auto committed = query("COMMIT");
        if (committed) return {};
        done = fail(committed.error());
    }
    // SQLite may have rolled back by itself; then there is nothing left to undo.
    if (::sqlite3_get_autocommit(connection_.get()) == 0) (void)query("ROLLBACK");
    return done;
}

std::int64_t Database::last_row_id() const {
    return ::sqlite3_last_insert_rowid(connection_.get());
}

Result<void, std::string> Database::connect(Missing missing) {
    if (missing == Missing::refuse && !std::filesystem::exists(path_)) {
        return fail(fmt::format("there is no file {}", path_));
    }
    sqlite3* opened = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | (missing == Missing::create ? SQLITE_OPEN_CREATE : 0);
    const int answer = ::sqlite3_open_v2(path_.c_str(), &opened, flags, nullptr);
    connection_.reset(opened);
    if (answer != SQLITE_OK) return fail(error());
    ::sqlite3_busy_timeout(opened, kLockWaitMs);
    return {};
}

/// A new file is empty: no tables, and no id of anybody's.
Result<void, std::string> Database::check_kind(const Schema& schema) {
    const std::int64_t id = TRY(number_of("PRAGMA application_id"));
    const std::int64_t version = TRY(number_of("PRAGMA user_version"));
    const std::int64_t tables = TRY(number_of("SELECT count(*) FROM sqlite_schema"));
    const bool is_new = id == 0 && version == 0 && tables == 0;
    if (!is_new && id != schema.application_id) {
        return fail(fmt::format("{} is a database of another program", path_));
    }
    const auto known = static_cast<std::int64_t>(schema.migrations.size());
    if (version > known) {
        return fail(
            fmt::format("{} was written by a newer build: its schema has version {}, this build "
                        "knows versions up to {}",
                        path_, version, known));
    }
    if (version < 0 || (!is_new && version == 0)) {
        return fail(fmt::format("{} is damaged: it has tables of no schema version", path_));
    }
    return {};
}

/// Takes the lock only if there is something to do: a file may be read that cannot be written.
Result<void, std::string> Database::migrate(const Schema& schema) {
    const auto known = static_cast<std::int64_t>(schema.migrations.size());
    if (TRY(number_of("PRAGMA user_version")) == known) return {};
    return transaction([&] { return apply(schema); });
}

/// Under the lock, and by what the file says now: another process may have been first.
Result<void, std::string> Database::apply(const Schema& schema) {
    TRY(check_kind(schema));
    const auto done = static_cast<std::size_t>(TRY(number_of("PRAGMA user_version")));
    for (const char* script : schema.migrations.subspan(done)) TRY(run_script(script));
    const std::string marks = fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                                          schema.application_id, schema.migrations.size());
    return run_script(marks.c_str());
}

Result<void, std::string> Database::run_script(const char* script) {
    if (::sqlite3_exec(connection_.get(), script, nullptr, nullptr, nullptr) != SQLITE_OK) {
        return fail(error());
    }
    return {};
}

Result<std::int64_t, std::string> Database::number_of(std::string_view sql) {
    const auto rows = TRY(query(sql));
    CHECK(rows.size() == 1);
    return rows[0].number(0);
}

Result<sqlite3_stmt*, std::string> Database::statement(std::string_view sql) {
    if (const auto it = statements_.find(sql); it != statements_.end()) return it->second.get();
    sqlite3_stmt* prepared = nullptr;
    const int answer = ::sqlite3_prepare_v2(connection_.get(), sql.data(),
                                            static_cast<int>(sql.size()), &prepared, nullptr);
    if (answer != SQLITE_OK) return fail(error());
    statements_.emplace(sql, prepared);
    return prepared;
}

std::string Database::error() const {
    const int code = ::sqlite3_errcode(connection_.get());
    const char* const words = ::sqlite3_errmsg(connection_.get());
    switch (code) {
        case SQLITE_NOTADB: return fmt::format("{} is not an SQLite database", path_);
        case SQLITE_CORRUPT: return fmt::format("{} is damaged: {}", path_, words);
        case SQLITE_BUSY: return fmt::format("{} is locked by another process", path_);
        default: return fmt::format("{}: {}", path_, words);
    }
}

}  // namespace gregor::reports
