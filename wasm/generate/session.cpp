// See session.h.
#include "generate/session.h"

#include <algorithm>
#include <chrono>

namespace wasmformers::generate {
namespace {

/// Steps that run without a look at the clock, where they take no more than a quarter of the time that is left.
constexpr size_t kStepsUnread = 6;

}  // namespace

Session::Session(arch::Decoder& model, const kernels::Table& kernels, Arena& arena, std::vector<arch::Output>& outputs,
                 Search::Clock clock)
    : model_(model), text_(model), passes_(model, kernels, arena, outputs, text_), clock_(std::move(clock)) {
  if (!clock_) {
    clock_ = [] {
      return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
    };
  }
}

double Session::bytesNeeded(size_t rows, size_t capacity, kernels::CacheType type) const {
  return model_.cacheBytes(rows, capacity, type, model_.passTokens());
}

void Session::endSearch() {
  dropGuess();
  search_.reset();
  state_ = State::Idle;
  failed_ = false;
}

Status Session::begin(GenerationConfig config, const int32_t* ids, const uint8_t* mask, size_t batch, size_t length,
                      const SessionOptions& options) {
  endSearch();
  reused_ = 0;
  options_ = options;
  conditions_ = model_.conditions();
  if (!conditions_.empty() && conditions_.size() != batch) {
    return Status(ErrorClass::Input, "rows_mismatch",
                  "There are " + std::to_string(batch) + " prompts for " + std::to_string(conditions_.size()) +
                      " inputs that they depend on.")
        .atField("input_ids");
  }
  WF_ASSIGN(auto made,
            Search::create(std::move(config), ids, mask, batch, length, model_.vocabulary(), model_.context(), clock_));
  if (options.pauseAtScores) made->editScores(options.rowwise);
  if (options.pauseAtEndings) made->askForEndings();
  return enter(std::move(made));
}

/// Makes the cache ready for what the search feeds first.
Status Session::enter(std::unique_ptr<Search> made) {
  const Feed feed = made->feed();
  const size_t tokens = std::max(feed.length, made->longestFeed());
  WF_TRY(text_.keepPrefix(feed, {made->mostRows(), tokens, options_.cacheType, chunk()}));
  search_ = std::move(made);
  guess_.set(search_->config().promptLookup, search_->config().maxMatchingNgram);
  reused_ = text_.tokens();
  begun_ = false;
  return {};
}

void Session::interrupt() {
  if (state_ == State::Running)
    passes_.interrupt();
  else
    dropGuess();
}

Session::Parked Session::park() {
  dropGuess();
  state_ = State::Idle;
  return {failed_ ? nullptr : std::move(search_), options_, conditions_};
}

Status Session::resume(Parked parked) {
  endSearch();
  options_ = parked.options;
  conditions_ = std::move(parked.conditions);
  if (!parked.search) return Status(ErrorClass::Internal, "no_generation", "There is no generation to go on with.");
  if (parked.search->finished()) {
    search_ = std::move(parked.search);
    return {};
  }
  WF_TRY(checkCondition());
  parked.search->replay();
  return enter(std::move(parked.search));
}

Status Session::checkCondition() const {
  if (conditions_ == model_.conditions()) return {};
  return Status(ErrorClass::Internal, "other_condition",
                "The model was given another input meanwhile; give it the one that the text depends on.");
}

Status Session::nextFeed() {
  WF_TRY(checkCondition());
  const Feed feed = search_->feed();
  if (begun_ && feed.from) WF_TRY(text_.reorder(feed.from, feed.rows));
  if (!begun_) reused_ = text_.tokens();
  passes_.load(feed, begun_ ? 0 : reused_);
  if (begun_) guess();
  begun_ = true;
  state_ = State::Running;
  return passes_.begin(chunk(), guess_.active());
}

Status Session::oneStep() {
  WF_TRY(passes_.step());
  if (!passes_.done()) return {};
  scores_ = passes_.scores();
  return prepareScores();
}

/// Merges guidance. For a caller that edits scores: applies the penalties, and gives each sequence a row.
Status Session::prepareScores() {
  scoreRows_ = search_->mergeGuidance(scores_, passes_.rows());
  state_ = State::Scored;
  if (!options_.pauseAtScores) return {};
  if (const size_t each = search_->rowsPerScore(); each > 1) {
    scoreRows_ *= each;
    WF_ASSIGN(expanded_, allocate(scoreRows_ * search_->vocabulary() * sizeof(float), "the scores of every sequence"));
    search_->expandScores(scores_, expanded_.as<float>());
    scores_ = expanded_.as<float>();
  } else {
    expanded_ = {};
  }
  return search_->process(scores_);
}

Status Session::run(double milliseconds, size_t maxTokens) {
  const double begun = clock_();
  // JavaScript's clock costs as much as a norm: where steps are short it is read after some of them.
  double read = begun;
  size_t picked = 0, steps = 0, untilRead = 1;
  Status s;
  while (!finished()) {
    if (search_->awaitsEndings()) return {};
    const bool counts = state_ == State::Running && passes_.nextIsFullStep();
    s = state_ == State::Idle ? nextFeed() : state_ == State::Running ? oneStep() : Status();
    if (s.ok() && state_ == State::Scored) {
      if (options_.pauseAtScores) return {};
      s = acceptScores();
      ++picked;
    }
    if (!s.ok()) {
      failed_ = true;
      state_ = State::Idle;
      return s;
    }
    if (maxTokens && picked >= maxTokens) return {};
    if (!counts || ++steps < untilRead) continue;
    const double now = clock_(), left = milliseconds - (now - begun), each = (now - read) / double(steps);
    if (left <= 0) return {};
    untilRead = each * 4 * kStepsUnread < left ? kStepsUnread : 1;
    read = now;
    steps = 0;
  }
  dropGuess();
  return {};
}

Status Session::acceptScores() {
  if (state_ != State::Scored || !search_)
    return Status(ErrorClass::Internal, "no_scores", "There are no scores to go on with.");
  state_ = State::Idle;
  Status s = options_.pauseAtScores ? search_->choose(scores_) : search_->accept(scores_);
  if (s.ok()) s = nextGuess();
  failed_ = !s.ok();
  return s;
}

/// Appends a guess to the only token of the only row.
void Session::guess() {
  if (!guess_.on() || passes_.rows() != 1 || passes_.width() != 1) return;
  const size_t length = text_.tokens() + 1;
  size_t most = search_->maxLength() - 1 - std::min(length, search_->maxLength() - 1);
  most = std::min({most, chunk() - 1, model_.cache().longestPass() - 1});
  // Where rotations change with the length, each token has its own.
  for (size_t limit : {model_.changesBeyond(), model_.recomputeBeyond()}) {
    if (limit) most = std::min(most, limit - std::min(limit, length));
  }
  passes_.append(guess_.begin(text_.row(0).ids, passes_.ids()[0], most));
}

/// After a pick: goes on to the next scores where the guess was right, else ends the guess.
Status Session::nextGuess() {
  if (!guess_.active()) return {};
  if (!search_->finished() && guess_.verify(search_->feed().ids[0])) {
    scores_ += search_->vocabulary();
    return prepareScores();
  }
  guess_.learn();
  endGuess(0);
  return {};
}

/// Takes what was not verified out of the cache, and `unread` tokens before it.
void Session::endGuess(size_t unread) {
  const size_t wanted = text_.tokens() - guess_.end() - unread;
  crop(wanted);
  if (text_.tokens() < wanted) search_->replay();  // a window no longer has what they need
}

/// Ends a guess whose next scores will not be read: the last picked token runs again.
void Session::dropGuess() {
  if (guess_.active() && state_ == State::Scored) {
    state_ = State::Idle;
    endGuess(1);
  }
  guess_.end();
}

Status Session::beginPass(const Feed& feed, kernels::CacheType type) {
  endSearch();
  const nn::KvCache& cache = model_.cache();
  CachedText::Room room{feed.rows, text_.tokens() + feed.length, type, chunk()};
  if (text_.tokens()) room.type = cache.type();
  // Grown by half, so that a text that is run token by token moves its cache seldom.
  if (room.tokens > cache.capacity()) room.tokens = std::max(room.tokens, cache.capacity() * 3 / 2);
  WF_TRY(text_.makeRoom(room));
  // A prompt whose rotations depend on its length runs as a whole; single tokens go on with what is there.
  const size_t limit = model_.changesBeyond();
  passes_.load(feed, 0, limit && feed.length > 1 && text_.tokens() + feed.length > limit);
  WF_TRY(passes_.begin(chunk(), false));
  state_ = State::Running;
  return {};
}

Status Session::stepPass() {
  Status s = passes_.step();
  if (!s.ok() || passes_.done()) state_ = s.ok() ? State::Scored : State::Idle;
  scores_ = passes_.done() ? passes_.scores() : nullptr;
  scoreRows_ = passes_.rows();
  return s;
}

Status Session::reorder(const uint32_t* from, size_t rows) {
  endSearch();
  const nn::KvCache& cache = model_.cache();
  WF_TRY(text_.makeRoom({rows, cache.capacity(), cache.type(), chunk()}));
  return text_.reorder(from, rows);
}

Status Session::restore(const std::byte* bytes, size_t size, uint64_t model) {
  Status s = text_.restore(bytes, size, model, chunk());
  if (s.ok() || text_.tokens() == 0) {
    guess_.end();  // what it would take out of the cache is gone
    endSearch();
  }
  return s;
}

}  // namespace wasmformers::generate
