// See warpers.h; each function names the class of logits_process.py that it follows. Probabilities are in double.
// Optimize: speed
#include "generate/warpers.h"

#include <algorithm>
#include <cmath>

namespace wasmformers::generate {

Warpers::Warpers(const GenerationConfig& c)
    : temperature_(c.temperature),
      topP_(c.topP),
      minP_(c.minP.value_or(0)),
      typicalP_(c.typicalP),
      epsilon_(c.epsilonCutoff),
      eta_(c.etaCutoff),
      topK_(size_t(c.topK)) {
  // Each beam needs a token besides EOS.
  if (c.numBeams > 1) keep_ = c.eos.empty() ? 2 : c.eos.size() + 1;
}

void Warpers::apply(float* scores, size_t n, std::vector<Candidate>& out) {
  if (temperature_ != 1) {
    for (size_t i = 0; i < n; ++i) scores[i] /= float(temperature_);
  }
  topK(scores, n, out);
  if (out.empty()) return;
  if (topP_ < 1) topP(out);
  if (minP_ > 0) minP(out);
  if (typicalP_ < 1) typical(out);
  if (epsilon_ > 0 && epsilon_ < 1) cutoff(out, epsilon_, false);
  if (eta_ > 0 && eta_ < 1) cutoff(out, eta_, true);
}

// TopKLogitsWarper: tokens as likely as the k-th stay, too.
void Warpers::topK(const float* scores, size_t n, std::vector<Candidate>& out) {
  out.clear();
  const float least = topK_ == 0 ? kNever : kthLargest(scores, n, std::max(topK_, keep_), scratch_);
  if (least == kNever) {  // nearly all stay: each is written, and overwritten by the next if it does not stay
    out.resize(n);
    size_t kept = 0;
    for (size_t i = 0; i < n; ++i) {
      out[kept] = {std::min(scores[i], kMostScore), int32_t(i)};
      kept += scores[i] > kNever;
    }
    out.resize(kept);
    return;
  }
  for (size_t i = 0; i < n; ++i) {
    if (scores[i] >= least) out.push_back({std::min(scores[i], kMostScore), int32_t(i)});
  }
}

/// Goes through `list` from the best on, in order, until `enough` accepts one as the last; returns that one. The first
/// 256 are chosen in one pass without copies; more are seldom needed.
template <class F>
Candidate Warpers::untilEnough(const std::vector<Candidate>& list, F&& enough) {
  size_t done = 0, at = 0;
  for (size_t chunk = 256;; chunk *= 4) {
    if (done == 0) {
      best(list, chunk, order_);
      done = order_.size();
    } else {
      const bool fresh = order_.size() < list.size();
      if (fresh) order_ = list;
      const size_t to = std::min(order_.size(), done + chunk);
      bestFirst(order_, fresh ? 0 : done, to);
      done = to;
    }
    while (at < done) {
      if (enough(order_[at++])) return order_[at - 1];
    }
    if (done == list.size()) return order_[done - 1];
  }
}

// TopPLogitsWarper: a token stays while those before it have less than p.
void Warpers::topP(std::vector<Candidate>& list) {
  const auto [sum, most] = weigh(list, weights_);
  double above = 0;
  size_t kept = 0;
  const Candidate last = untilEnough(list, [&, sum = sum, most = most](const Candidate& c) {
    above += expBelow0(double(c.score) - most);
    return ++kept >= keep_ && !(above < topP_ * sum);
  });
  std::erase_if(list, [&](const Candidate& c) { return better(last, c); });
}

// MinPLogitsWarper: at least p times as likely as the likeliest.
void Warpers::minP(std::vector<Candidate>& list) {
  best(list, keep_, order_);  // the likeliest has 1
  const float most = order_.front().score;
  const Candidate last = order_.back();
  const double hopeless = std::log(minP_) - 1e-6;  // most are below: their exponentials are not computed
  std::erase_if(list, [&](const Candidate& c) {
    const double x = double(c.score) - most;
    return (x < hopeless || expBelow0(x) < minP_) && better(last, c);
  });
}

// TypicalLogitsWarper (Meister et al. 2022): the tokens whose surprise is nearest to the expected one, until they hold
// p.
void Warpers::typical(std::vector<Candidate>& list) {
  const auto [sum, most] = weigh(list, weights_);
  const double expected = entropy(list, {sum, most}), logSum = std::log(sum);
  // A score is now how near a token is. weights_ follow the list's order, so ids become indices of it.
  near_.resize(list.size());
  for (size_t i = 0; i < list.size(); ++i)
    near_[i] = {float(-std::fabs(logSum - (double(list[i].score) - most) - expected)), int32_t(i)};
  double held = 0;
  size_t kept = 0;
  const Candidate last = untilEnough(near_, [&, sum = sum](const Candidate& c) {
    held += weights_[size_t(c.id)] / sum;
    return ++kept >= keep_ && held >= typicalP_;
  });
  // Those as near as the last one stay.
  size_t i = 0;
  std::erase_if(list, [&](const Candidate&) { return near_[i++].score < last.score; });
}

// EpsilonLogitsWarper, EtaLogitsWarper (Hewitt et al. 2022): at least so likely.
void Warpers::cutoff(std::vector<Candidate>& list, double epsilon, bool eta) {
  const Weighed all = weigh(list, weights_);
  const double least =
      (eta ? std::min(epsilon, std::sqrt(epsilon) * expBelow0(-entropy(list, all))) : epsilon) * all.sum;
  best(list, keep_, order_);
  const float last = order_.back().score;
  size_t i = 0;
  std::erase_if(list, [&](const Candidate& c) { return weights_[i++] < least && c.score < last; });
}

double Warpers::entropy(const std::vector<Candidate>& list, const Weighed& all) const {
  double mean = 0;
  for (size_t i = 0; i < list.size(); ++i) mean += weights_[i] * (double(list[i].score) - all.most);
  return std::log(all.sum) - mean / all.sum;
}

}  // namespace wasmformers::generate
