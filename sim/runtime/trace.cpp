#include "sim/runtime/trace.h"

namespace gregor {

std::string trace_line(std::string_view time, std::string_view node, EventName name,
                       std::string_view values) {
    if (values.empty()) return fmt::format("{} {} {}", time, node, name.text());
    return fmt::format("{} {} {} {}", time, node, name.text(), values);
}

}  // namespace gregor
