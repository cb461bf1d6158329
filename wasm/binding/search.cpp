// The program `search`: picks tokens from the scores of any engine's decoder. It has no model and no kernels. A round:
// feed() says what the decoder runs next; JavaScript writes the scores to scoresWindow() and calls process(); it may
// change them at scoresPtr(); acceptScores() picks.
#include "base/buffer.h"
#include "binding/search_methods.h"

namespace wasmformers {
namespace {

class SearchHandle final : public Handle, public SearchMethods {
 public:
  /// `ids` and `mask` (or null) are typed arrays, [rows, length]. `editsScores`, `rowwise`, `asksForEndings`: see
  /// generate/changes.h.
  bool begin(const std::string& options, val ids, val mask, double rows, double length, double vocabulary,
             double context, bool editsScores, bool rowwise, bool asksForEndings) {
    return setStatus(create(
        options, emscripten::convertJSArrayToNumberVector<int32_t>(ids),
        mask.isNull() ? std::vector<uint8_t>() : emscripten::convertJSArrayToNumberVector<uint8_t>(mask), size_t(rows),
        size_t(length), size_t(vocabulary), size_t(context), editsScores, rowwise, asksForEndings));
  }
  bool finished() const { return !search_ || search_->finished(); }
  /// The next feed has whole texts, for a cache that has lost them.
  void replay() {
    if (search_) search_->replay();
  }
  /// { rows, length, ids, mask, from, prompts }: the fields of generate/feed.h; `from` and `prompts` may be null.
  val feed() {
    val out = val::object();
    if (finished()) return out;
    const generate::Feed f = search_->feed();
    rows_ = f.rows;
    out.set("rows", double(f.rows));
    out.set("length", double(f.length));
    out.set("ids", copied(f.ids, f.rows * f.length));
    out.set("mask", copied(f.mask, f.rows * f.length));
    out.set("from", f.from ? copied(f.from, f.rows) : val::null());
    out.set("prompts", f.prompts ? copied(f.prompts, f.rows) : val::null());
    return out;
  }
  /// Where the scores of the feed belong, [rows, vocabulary] floats; 0 after a failure.
  double scoresWindow() {
    if (finished()) return 0;
    auto made = allocate(rows_ * search_->vocabulary() * sizeof(float), "the scores");
    setStatus(made.status());
    if (!made.ok()) return 0;
    scores_ = made.take();
    return address(scores_.data());
  }
  /// Guidance; with editsScores also the penalties, and a row for each sequence.
  bool process() { return setStatus(prepare()); }
  /// [scoreRows(), vocabulary], to be changed before acceptScores(); 0 without editsScores.
  double scoresPtr() { return editsScores_ && rows_ ? address(scores_.data()) : 0; }
  double scoreRows() const { return double(rows_); }
  bool acceptScores() {
    float* const scores = scores_.as<float>();
    return setStatus(finished()     ? Status(ErrorClass::Internal, "no_scores", "There are no scores to go on with.")
                     : editsScores_ ? search_->choose(scores)
                                    : search_->accept(scores));
  }

 private:
  generate::Search* search() const override { return search_.get(); }

  Status create(const std::string& options, const std::vector<int32_t>& ids, const std::vector<uint8_t>& mask,
                size_t rows, size_t length, size_t vocabulary, size_t context, bool editsScores, bool rowwise,
                bool asksForEndings) {
    search_.reset();
    if (ids.size() != rows * length || (!mask.empty() && mask.size() != ids.size())) {
      return Status(ErrorClass::Input, "shape_mismatch", "input_ids and attention_mask have different shapes.")
          .atField("attention_mask");
    }
    WF_ASSIGN(generate::GenerationConfig config, generate::GenerationConfig::parse(options));
    WF_ASSIGN(search_, generate::Search::create(std::move(config), ids.data(), mask.empty() ? nullptr : mask.data(),
                                                rows, length, vocabulary, context));
    if (editsScores) search_->editScores(rowwise);
    if (asksForEndings) search_->askForEndings();
    editsScores_ = editsScores;
    return {};
  }
  Status prepare() {
    if (finished()) return {};
    rows_ = search_->mergeGuidance(scores_.as<float>(), rows_);
    if (!editsScores_) return {};
    if (const size_t each = search_->rowsPerScore(); each > 1) {
      rows_ *= each;
      WF_ASSIGN(Buffer wide, allocate(rows_ * search_->vocabulary() * sizeof(float), "the scores of every sequence"));
      search_->expandScores(scores_.as<float>(), wide.as<float>());
      scores_ = std::move(wide);
    }
    return search_->process(scores_.as<float>());
  }

  std::unique_ptr<generate::Search> search_;
  bool editsScores_ = false;
  size_t rows_ = 0;  // of scores_
  Buffer scores_;
};

EMSCRIPTEN_BINDINGS(search) {
  emscripten::class_<SearchHandle> search("Search");
  bindStatus(search);
  bindSearch(search);
  search.constructor<>()
      .function("begin", &SearchHandle::begin)
      .function("finished", &SearchHandle::finished)
      .function("replay", &SearchHandle::replay)
      .function("feed", &SearchHandle::feed)
      .function("scoresWindow", &SearchHandle::scoresWindow)
      .function("process", &SearchHandle::process)
      .function("scoresPtr", &SearchHandle::scoresPtr)
      .function("scoreRows", &SearchHandle::scoreRows)
      .function("acceptScores", &SearchHandle::acceptScores);
}

}  // namespace
}  // namespace wasmformers
