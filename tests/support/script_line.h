// One command of a text script: its name, words, and what is named.
//
//     join g a static=i session=10000        command join, words g and a, named static and session
#pragma once

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace gregor::testing {

struct ScriptLine {
    std::string command;
    std::vector<std::string> words;
    std::map<std::string, std::string> named;

    explicit ScriptLine(const std::string& text) {
        std::istringstream in(text);
        in >> command;
        for (std::string word; in >> word;) {
            const std::size_t equals = word.find('=');
            if (equals == std::string::npos) {
                words.push_back(word);
            } else {
                named[word.substr(0, equals)] = word.substr(equals + 1);
            }
        }
    }

    [[nodiscard]] bool has(const std::string& word) const {
        return std::ranges::find(words, word) != words.end();
    }
    [[nodiscard]] int number(std::size_t index) const { return std::stoi(words.at(index)); }
    [[nodiscard]] int number(const std::string& name, int otherwise = 0) const {
        const auto it = named.find(name);
        return it == named.end() ? otherwise : std::stoi(it->second);
    }
    [[nodiscard]] std::string text(const std::string& name, std::string otherwise = "") const {
        const auto it = named.find(name);
        return it == named.end() ? otherwise : it->second;
    }
};

}  // namespace gregor::testing
