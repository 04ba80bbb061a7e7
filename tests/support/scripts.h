// Text scripts: commands, and the transcript of what followed. Each is run from its start and held
// against what it says. With UPDATE_SCRIPTS=1 they are rewritten instead, to be read as a diff.
//
//     # What this script shows.
//     command
//     command
//     ----
//     what followed, a line each
//     (empty line)
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace gregor::testing {

/// Carries out one command; the lines of what followed.
using ScriptCommand = std::function<std::vector<std::string>(const std::string& line)>;

/// Runs every script of the folder, of which there are at least so many, each on a machine of its
/// own that `start` makes.
void require_scripts(const std::filesystem::path& folder, std::size_t at_least,
                     const std::function<ScriptCommand()>& start);

}  // namespace gregor::testing
