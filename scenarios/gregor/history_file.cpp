#include "scenarios/gregor/history_file.h"

#include <fmt/format.h>

#include <fstream>
#include <memory>
#include <string_view>

#include "scenarios/checkers/anomalies/event_reader.h"

namespace gregor::scenarios {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;

/// Lines of a file, as views of a buffer that holds at least the longest.
class Lines {
public:
    explicit Lines(const std::string& path) : input_(path, std::ios::binary) {}

    [[nodiscard]] bool is_open() const { return input_.is_open(); }
    [[nodiscard]] bool has_failed() const { return input_.bad(); }
    /// False at the end.
    [[nodiscard]] bool next(std::string_view& line) {
        while (true) {
            const std::string_view left = std::string_view(buffer_).substr(at_, end_ - at_);
            const auto newline = left.find('\n', scanned_);
            if (newline != std::string_view::npos) {
                line = left.substr(0, newline);
                at_ += newline + 1;
                scanned_ = 0;
                return true;
            }
            scanned_ = left.size();
            if (more()) continue;
            line = left;
            at_ = end_;
            scanned_ = 0;
            return !left.empty();
        }
    }

private:
    [[nodiscard]] bool more() {
        buffer_.erase(0, at_);
        end_ -= at_;
        at_ = 0;
        buffer_.resize(end_ + kBlock);
        input_.read(buffer_.data() + end_, kBlock);
        end_ += static_cast<std::size_t>(input_.gcount());
        return input_.gcount() > 0;
    }

    std::ifstream input_;
    std::string buffer_;
    std::size_t at_ = 0;   // of the next line
    std::size_t end_ = 0;  // of what was read
    std::size_t scanned_ = 0;
};

}  // namespace

Result<HistoryVerdict, std::string> judge_history_file(const std::string& path) {
    Lines lines(path);
    std::string_view line;
    if (!lines.is_open()) return fail(fmt::format("cannot read {}", path));
    if (!lines.next(line)) {
        if (lines.has_failed()) return fail(fmt::format("cannot read {}", path));
        return fail(fmt::format("{} is empty", path));
    }
    const auto blame = [&](std::size_t number, const std::string& error) {
        return fail(fmt::format("{}:{}: {}", path, number, error));
    };
    EventReader reader;
    const auto settings = reader.head(line);
    if (!settings) return blame(1, settings.error());
    const auto checker = std::make_unique<HistoryChecker>(*settings);
    for (std::size_t number = 2; lines.next(line); ++number) {
        const auto event = reader.event(line);
        if (!event) return blame(number, event.error());
        if (!*event) continue;
        const auto taken = checker->take(**event);
        if (!taken) return blame(number, taken.error());
    }
    if (lines.has_failed()) return fail(fmt::format("cannot read {}", path));
    return checker->finish();
}

}  // namespace gregor::scenarios
