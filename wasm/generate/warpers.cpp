// See warpers.h; each function names the class of logits_process.py that it follows. Probabilities are in double.
#include "generate/warpers.h"

#include <algorithm>
#include <cmath>

namespace wasmformers::generate {

Warpers::Warpers(const GenerationConfig& c)
    : temperature_(c.temperature), topP_(c.topP), minP_(c.minP.value_or(0)), typicalP_(c.typicalP), epsilon_(c.epsilonCutoff), eta_(c.etaCutoff), topK_(size_t(c.topK)) {
  // Beams need a token that is not EOS to go on with.
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

// TopKLogitsWarper: what equals the k-th stays too.
void Warpers::topK(const float* scores, size_t n, std::vector<Candidate>& out) {
  out.clear();
  const float least = topK_ == 0 ? kNever : kthLargest(scores, n, std::max(topK_, keep_), scratch_);
  for (size_t i = 0; i < n; ++i) {
    if (scores[i] >= least && scores[i] > kNever) out.push_back({std::min(scores[i], kMostScore), int32_t(i)});
  }
}

// TopPLogitsWarper: a token stays while those before it have less than p. Ordered 256 at a time: rarely are there more.
void Warpers::topP(std::vector<Candidate>& list) {
  const auto [sum, most] = weigh(list, weights_);
  order_ = list;
  double above = 0;
  size_t done = 0, kept = 0;
  for (size_t chunk = 256; done < order_.size() && kept == done; chunk *= 4) {
    const auto from = order_.begin() + ptrdiff_t(done);
    const auto to = order_.begin() + ptrdiff_t(std::min(order_.size(), done + chunk));
    if (to != order_.end()) std::nth_element(from, to - 1, order_.end(), better);
    std::sort(from, to, better);
    done = size_t(to - order_.begin());
    while (kept < done && (kept < keep_ || above < topP_ * sum)) above += expBelow0(double(order_[kept++].score) - most);
  }
  const Candidate last = order_[kept - 1];
  std::erase_if(list, [&](const Candidate& c) { return better(last, c); });
}

// MinPLogitsWarper: at least p times as likely as the likeliest.
void Warpers::minP(std::vector<Candidate>& list) {
  weigh(list, weights_);  // the likeliest has 1
  order_ = list;
  const size_t keep = std::min(keep_, order_.size());
  std::nth_element(order_.begin(), order_.begin() + ptrdiff_t(keep - 1), order_.end(), better);
  const Candidate last = order_[keep - 1];
  size_t i = 0;
  std::erase_if(list, [&](const Candidate& c) { return weights_[i++] < minP_ && better(last, c); });
}

// TypicalLogitsWarper (Meister et al. 2022): the tokens whose surprise is nearest to the expected one, until they hold p.
void Warpers::typical(std::vector<Candidate>& list) {
  const auto [sum, most] = weigh(list, weights_);
  const double expected = entropy(list, {sum, most}), logSum = std::log(sum);
  // A score is now how near a token is; `weights_` stand by list's order, so ids become places in it.
  order_.clear();
  for (size_t i = 0; i < list.size(); ++i) {
    order_.push_back({float(-std::fabs(logSum - (double(list[i].score) - most) - expected)), int32_t(i)});
  }
  double held = 0;
  size_t done = 0, at = 0;
  bool enough = false;
  for (size_t chunk = 256; done < order_.size() && !(enough && at >= keep_); chunk *= 4) {
    const auto from = order_.begin() + ptrdiff_t(done);
    const auto to = order_.begin() + ptrdiff_t(std::min(order_.size(), done + chunk));
    if (to != order_.end()) std::nth_element(from, to - 1, order_.end(), better);
    std::sort(from, to, better);
    done = size_t(to - order_.begin());
    while (at < done && !(enough && at >= keep_)) {
      held += weights_[size_t(order_[at++].id)] / sum;
      enough = held >= typicalP_;
    }
  }
  // Those as near as the last one stay.
  const Candidate last = order_[at - 1];
  std::vector<uint8_t> stays(list.size());
  for (const Candidate& c : order_) stays[size_t(c.id)] = c.score >= last.score;
  size_t i = 0;
  std::erase_if(list, [&](const Candidate&) { return !stays[i++]; });
}

// EpsilonLogitsWarper, EtaLogitsWarper (Hewitt et al. 2022): at least so likely.
void Warpers::cutoff(std::vector<Candidate>& list, double epsilon, bool eta) {
  const Weighed all = weigh(list, weights_);
  const double least = (eta ? std::min(epsilon, std::sqrt(epsilon) * expBelow0(-entropy(list, all))) : epsilon) * all.sum;
  order_ = list;
  const size_t keep = std::min(keep_, order_.size());
  std::nth_element(order_.begin(), order_.begin() + ptrdiff_t(keep - 1), order_.end(), better);
  const float last = order_[keep - 1].score;
  size_t i = 0;
  std::erase_if(list, [&](const Candidate& c) { return weights_[i++] < least && c.score < last; });
}

double Warpers::entropy(const std::vector<Candidate>& list, const Weighed& all) const {
  double mean = 0;
  for (size_t i = 0; i < list.size(); ++i) mean += weights_[i] * (double(list[i].score) - all.most);
  return std::log(all.sum) - mean / all.sum;
}

}  // namespace wasmformers::generate
