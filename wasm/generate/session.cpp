// See session.h.
#include "generate/session.h"

#include <algorithm>
#include <chrono>

namespace wasmformers::generate {
namespace {

using kernels::CacheType;

/// Steps that run without a look at the clock, where they take no more than a quarter of the time that is left.
constexpr size_t kStepsUnread = 6;
/// Room is made for a multiple of so many tokens, so that a talk that grows moves its cache now and then only.
constexpr size_t kRoomStep = 32;

}  // namespace

Session::Session(arch::Decoder& model, const kernels::Table& kernels, Arena& arena, std::vector<arch::Output>& outputs,
                 Generation::Clock clock)
    : model_(model), kernels_(kernels), arena_(arena), outputs_(outputs), clock_(std::move(clock)) {
  if (!clock_) {
    clock_ = [] {
      return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
    };
  }
}

double Session::bytesNeeded(size_t rows, size_t capacity, CacheType type) const {
  return model_.cacheBytes(rows, capacity, type, model_.passTokens());
}

/// The most tokens of all rows in one pass over a prompt.
size_t Session::chunk() const { return options_.chunk ? options_.chunk : model_.passTokens(); }

Status Session::begin(GenerationConfig config, const int32_t* ids, const uint8_t* mask, size_t batch, size_t length,
                      const SessionOptions& options) {
  dropGuess();
  generation_.reset();
  state_ = State::Idle;
  failed_ = false;
  logits_ = nullptr;
  reused_ = 0;
  options_ = options;
  WF_ASSIGN(auto made, Generation::create(std::move(config), ids, mask, batch, length, model_.vocabulary(),
                                          model_.context(), clock_));

  if (options.pauseAtLogits) made->keepRows(options.rowsLeave);
  if (options.pauseAtContinuations) made->askContinuations();
  return enter(std::move(made));
}

/// Makes the cache ready for what the generation feeds first.
Status Session::enter(std::unique_ptr<Generation> made) {
  const Feed feed = made->feed();
  Prefix prefix = commonPrefix(feed.ids, feed.mask, feed.rows, feed.length);
  if (options_.cacheType != model_.cache().type()) prefix.tokens = 0;
  prefix.tokens = model_.cache().keepable(prefix.tokens);
  crop(prefix.tokens);
  if (prefix.tokens && prefix.collapse) {
    const uint32_t row = uint32_t(prefix.row);
    WF_TRY(model_.reorder(&row, 1));
    held_ = {std::vector<int32_t>(held_[row])};
    masks_ = {std::vector<uint8_t>(masks_[row])};
  }
  // The last token that is picked is not run.
  WF_TRY(makeRoom(made->mostRows(), std::max(feed.length, made->longestFeed()), options_.cacheType, prefix.tokens > 0));
  generation_ = std::move(made);
  lookup_.set(generation_->config().promptLookup, generation_->config().maxMatchingNgram);
  reused_ = prefix.tokens;
  feed_ = {};
  return {};
}

void Session::interrupt() {
  if (state_ == State::Running)
    step_ = SIZE_MAX;
  else
    dropGuess();
}

Session::Parked Session::park() {
  dropGuess();
  state_ = State::Idle;
  logits_ = nullptr;
  return {failed_ ? nullptr : std::move(generation_), options_};
}

Status Session::resume(Parked parked) {
  dropGuess();
  generation_.reset();
  state_ = State::Idle;
  failed_ = false;
  options_ = parked.options;
  if (!parked.generation) return Status(ErrorClass::Internal, "no_generation", "There is no generation to go on with.");
  if (parked.generation->finished()) {
    generation_ = std::move(parked.generation);
    return {};
  }
  parked.generation->replay();
  return enter(std::move(parked.generation));
}

Session::Prefix Session::commonPrefix(const int32_t* ids, const uint8_t* mask, size_t batch, size_t length) const {
  const auto common = [&](size_t row, size_t held) {
    size_t n = 0;
    const size_t most = std::min(length - 1, held_[held].size());  // one token must be run, for its scores
    while (n < most && held_[held][n] == ids[row * length + n] &&
           masks_[held][n] == uint8_t(!mask || mask[row * length + n]))
      ++n;
    return n;
  };
  Prefix best{0, 0, false};
  // Rotations that depend on the whole length: such keys serve their own text only.
  const size_t limit = model_.changesBeyond();
  if (limit && (length > limit || cachedTokens() > limit)) return best;
  if (batch == 1) {
    for (size_t r = 0; r < held_.size(); ++r) {
      if (const size_t n = common(0, r); n > best.tokens) best = {n, r, held_.size() > 1};
    }
  } else if (batch == held_.size()) {
    best.tokens = length;
    for (size_t r = 0; r < batch; ++r) best.tokens = std::min(best.tokens, common(r, r));
  }
  return best;
}

Status Session::makeRoom(size_t rows, size_t capacity, CacheType type, bool keep) {
  nn::KvCache& cache = model_.cache();
  capacity = (capacity + kRoomStep - 1) / kRoomStep * kRoomStep;
  if (rows <= cache.room() && capacity <= cache.capacity() && type == cache.type()) return {};
  Buffer kept;
  keep = keep && cachedTokens() > 0;
  if (keep) {
    // Beside the new room there must be a place for what moves; where there is not, the prompt is run anew.
    if (auto made = allocate(cacheBytes(), "the cache while it moves"); made.ok()) {
      kept = made.take();
      writeCache(kept.data());
    } else {
      keep = false;
    }
  }
  const std::vector<size_t> first = firsts();
  auto ids = std::move(held_);
  auto masks = std::move(masks_);
  held_.clear();
  masks_.clear();
  WF_TRY(model_.reserve(rows, capacity, type, chunk()));
  if (!keep) return {};
  held_ = std::move(ids);
  masks_ = std::move(masks);
  if (!readCache(kept.data(), first)) forget();
  return {};
}

Status Session::nextFeed() {
  const bool first = !feed_.ids;
  feed_ = generation_->feed();
  if (first) {
    reused_ = cachedTokens();
  } else if (feed_.from) {
    bool same = feed_.rows == held_.size();
    for (size_t r = 0; same && r < feed_.rows; ++r) same = feed_.from[r] == r;
    if (!same) {
      WF_TRY(model_.reorder(feed_.from, feed_.rows));
      std::vector<std::vector<int32_t>> ids;
      std::vector<std::vector<uint8_t>> masks;
      for (size_t r = 0; r < feed_.rows; ++r) {
        ids.push_back(held_[feed_.from[r]]);
        masks.push_back(masks_[feed_.from[r]]);
      }
      held_ = std::move(ids);
      masks_ = std::move(masks);
    }
  }
  const size_t skip = first ? reused_ : 0, past = cachedTokens(), limit = model_.recomputeBeyond();
  ids_.clear();
  mask_.clear();
  const bool again = limit && past && past <= limit && past + feed_.length - skip > limit;
  for (size_t r = 0; r < feed_.rows; ++r) {
    if (again) {
      ids_.insert(ids_.end(), held_[r].begin(), held_[r].end());
      mask_.insert(mask_.end(), masks_[r].begin(), masks_[r].end());
    }
    ids_.insert(ids_.end(), feed_.ids + r * feed_.length + skip, feed_.ids + (r + 1) * feed_.length);
    mask_.insert(mask_.end(), feed_.mask + r * feed_.length + skip, feed_.mask + (r + 1) * feed_.length);
  }
  width_ = ids_.size() / feed_.rows;
  done_ = 0;
  if (again) crop(0);
  if (!first) guess();
  return beginChunk();
}

Status Session::beginChunk() {
  const size_t limit = model_.changesBeyond(), most = chunk();
  const bool whole = limit && width_ > limit;
  pieceLength_ =
      whole ? width_ : std::min({width_ - done_, std::max<size_t>(1, most / feed_.rows), model_.cache().longestPass()});
  piece_.clear();
  pieceMask_.clear();
  for (size_t r = 0; r < feed_.rows; ++r) {
    const ptrdiff_t at = ptrdiff_t(r * width_ + done_);
    piece_.insert(piece_.end(), ids_.begin() + at, ids_.begin() + at + ptrdiff_t(pieceLength_));
    pieceMask_.insert(pieceMask_.end(), mask_.begin() + at, mask_.begin() + at + ptrdiff_t(pieceLength_));
  }
  arena_.reset();
  outputs_.clear();
  arch::Pass pass{kernels_, arena_, noInputs_, outputs_};
  WF_TRY(model_.beginCached(
      {piece_.data(), pieceMask_.data(), feed_.rows, pieceLength_, done_ + pieceLength_ == width_, guessed_ > 0},
      pass));
  step_ = 0;
  state_ = State::Running;
  return {};
}

Status Session::oneStep() {
  if (step_ == SIZE_MAX) return beginChunk();
  arch::Pass pass{kernels_, arena_, noInputs_, outputs_};
  WF_TRY(model_.step(step_, pass));
  if (++step_ < model_.steps()) return {};
  hold();
  done_ += pieceLength_;
  if (done_ < width_) return beginChunk();
  logits_ = const_cast<float*>(outputs_.back().data);  // ours: they lie in the arena
  logitsRows_ = generation_->fold(logits_, feed_.rows);
  state_ = State::Scored;
  return options_.pauseAtLogits ? scored() : Status();
}

/// The scores as a caller changes them: after the penalties, a row for each sequence.
Status Session::scored() {
  if (const size_t each = generation_->sharing(); each > 1) {
    logitsRows_ *= each;
    WF_ASSIGN(spread_,
              allocate(logitsRows_ * generation_->vocabulary() * sizeof(float), "the scores of every sequence"));
    generation_->spread(logits_, spread_.as<float>());
    logits_ = spread_.as<float>();
  } else {
    spread_ = {};
  }
  return generation_->process(logits_);
}

void Session::hold() {
  held_.resize(feed_.rows);
  masks_.resize(feed_.rows);
  for (size_t r = 0; r < feed_.rows; ++r) {
    const ptrdiff_t at = ptrdiff_t(r * pieceLength_), end = at + ptrdiff_t(pieceLength_);
    held_[r].insert(held_[r].end(), piece_.begin() + at, piece_.begin() + end);
    masks_[r].insert(masks_[r].end(), pieceMask_.begin() + at, pieceMask_.begin() + end);
  }
}

Status Session::run(double milliseconds, size_t maxTokens) {
  const double begun = clock_();
  // The clock is JavaScript's, which costs as much as a norm: where steps are short it is read after some of them.
  double read = begun;
  size_t picked = 0, steps = 0, untilRead = 1;
  Status s;
  while (!finished()) {
    if (generation_->asking()) return {};
    // What is no layer, or the head where nobody wants it, says nothing of how long the next steps take.
    const bool counts = state_ == State::Running && step_ < model_.steps() - (done_ + pieceLength_ < width_);
    s = state_ == State::Idle ? nextFeed() : state_ == State::Running ? oneStep() : Status();
    if (s.ok() && state_ == State::Scored) {
      if (options_.pauseAtLogits) return {};
      s = acceptLogits();
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

Status Session::acceptLogits() {
  if (state_ != State::Scored) return Status(ErrorClass::Internal, "no_scores", "There are no scores to go on with.");
  state_ = State::Idle;
  Status s = options_.pauseAtLogits ? generation_->choose(logits_) : generation_->accept(logits_);
  if (s.ok()) s = nextGuess();
  failed_ = !s.ok();
  return s;
}

void Session::crop(size_t tokens) {
  if (tokens < cachedTokens()) {
    model_.cache().crop(tokens);
    tokens = model_.cache().length();
  }
  if (tokens == 0) return forget();
  for (auto& row : held_) row.resize(std::min(row.size(), tokens));
  for (auto& row : masks_) row.resize(std::min(row.size(), tokens));
}

void Session::forget() {
  held_.clear();
  masks_.clear();
}

}  // namespace wasmformers::generate
