// Reads the `merges` of a BPE model, from the file's tree or straight from its text.
#pragma once

#include <string_view>

#include "tokenizer/component.h"
#include "tokenizer/models/merges.h"

namespace wasmformers::tokenizer {

/// Fills `to` from ["left right", …] or [["left", "right"], …]; what is wrong with them c.status says.
/// `prefix`: the `continuing_subword_prefix`, which the right part loses when it is joined.
/// `cutsAtMarks`: becomes false where a merge makes a token in which ▁ follows another character (space_marks.h).
void readMerges(const Component& c, const Vocabulary& vocabulary, std::string_view prefix, Merges& to,
                bool& cutsAtMarks);

/// The same from the section's text. False: it is not written as usual, so the file must be parsed as a whole.
bool readMerges(std::string_view text, const Vocabulary& vocabulary, std::string_view prefix, Merges& to,
                bool& cutsAtMarks);

}  // namespace wasmformers::tokenizer
