#include "aws/s3_list.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "net/uri.h"
#include "net/xml.h"

namespace dwh {
namespace {

/// Parts to list side by side: enough that the longest does not matter, few enough that looking for
/// them costs less than it saves.
constexpr size_t kWantedParts = 32;
/// How many "/" deep parts are looked for.
constexpr int kDeepest = 4;

struct Page {
  std::vector<S3Object> objects;
  std::vector<std::string> common_prefixes;
  std::string next;  ///< The token of the next page; "" for the last.
  bool truncated = false;
};

/// What encoding-type=url asks for is the encoding of forms: a blank comes as "+".
std::string FormDecode(std::string text) {
  std::replace(text.begin(), text.end(), '+', ' ');
  return PercentDecode(text);
}

Page ParsePage(const HttpResponse& response) {
  XmlNode root;
  try {
    root = ParseXml(response.body);
  } catch (const Error&) {
    throw MangledReply(response, "list of objects");
  }
  if (root.name() != "ListBucketResult") throw MangledReply(response, "list of objects");
  const bool encoded = root.child("EncodingType").text() == "url";
  const auto decode = [&](const std::string& text) { return encoded ? FormDecode(text) : text; };
  Page page;
  for (const XmlNode& item : root.children()) {
    if (item.name() == "Contents") {
      S3Object object{decode(item.child("Key").text()), 0, BareEtag(item.child("ETag").text())};
      const std::string size = item.child("Size").text();
      const auto [end, error] =
          std::from_chars(size.data(), size.data() + size.size(), object.size);
      if (error != std::errc() || object.key.empty()) {
        throw MangledReply(response, "list of objects");
      }
      page.objects.push_back(std::move(object));
    } else if (item.name() == "CommonPrefixes") {
      page.common_prefixes.push_back(decode(item.child("Prefix").text()));
    } else if (item.name() == "NextContinuationToken") {
      page.next = item.text();
    } else if (item.name() == "IsTruncated") {
      page.truncated = item.text() == "true";
    }
  }
  if (page.truncated && page.next.empty()) throw MangledReply(response, "list of objects");
  if (!page.truncated) page.next.clear();
  return page;
}

/// The keys after `after` up to and with `last`; empty bounds are none.
struct Part {
  std::string after;
  std::string last;

  bool Holds(const std::string& key) const { return key > after && (last.empty() || key <= last); }
};

class Lister {
 public:
  Lister(S3Calls& calls, const std::string& bucket, const std::string& prefix,
         const std::function<void(S3Object)>& visit)
      : calls_(calls), bucket_(bucket), prefix_(prefix), visit_(visit) {}

  void Run() {
    std::optional<Page> first;
    Ask(prefix_, "", {}, [&](Page page) { first = std::move(page); });
    Wait();
    std::vector<Part> parts(1);
    if (!first->next.empty() && IsInOrder(*first)) parts = FindParts();
    if (parts.size() == 1) {
      Take(parts[0], *std::move(first));
    } else {
      for (const Part& part : parts) ListPart(part, "");
    }
    Wait();
  }

 private:
  /// Parts begin and end at keys, which takes a store that lists in the order of the keys' bytes.
  static bool IsInOrder(const Page& page) {
    return std::is_sorted(page.objects.begin(), page.objects.end(),
                          [](const S3Object& a, const S3Object& b) { return a.key < b.key; });
  }

  void Ask(const std::string& prefix, const std::string& more, const std::string& token,
           std::function<void(Page)> take) {
    S3Request request;
    request.action = "ListObjectsV2";
    request.bucket = bucket_;
    request.key = prefix_;
    request.query = "list-type=2&encoding-type=url&prefix=" + PercentEncode(prefix) + more;
    if (!token.empty()) request.query += "&continuation-token=" + PercentEncode(token);
    const auto page = std::make_shared<Page>();
    request.read_result = [page](const HttpResponse& response) { *page = ParsePage(response); };
    calls_.Start(std::move(request), [this, page, token,
                                      take = std::move(take)](const S3Outcome& done) {
      if (error_) return;
      error_ = done.error;
      if (!error_ && !token.empty() && page->next == token) {
        error_ = std::make_exception_ptr(Error(
            ErrorKind::kUnavailable, StrCat("s3 ListObjectsV2 s3://", bucket_, "/", prefix_,
                                            ": the service sends the same page again and again")));
      }
      if (!error_) take(std::move(*page));
    });
  }

  void Wait() {
    while (calls_.pending() > 0 && !error_) calls_.Poll(std::chrono::seconds(1));
    if (error_) std::rethrow_exception(error_);
  }

  void Take(const Part& part, Page page) {
    const bool over =
        !part.last.empty() && !page.objects.empty() && page.objects.back().key > part.last;
    // A store that knows no start-after begins with the first key: what is another part's is left.
    for (S3Object& object : page.objects) {
      if (part.Holds(object.key)) visit_(std::move(object));
    }
    if (!over && !page.next.empty()) ListPart(part, page.next);
  }

  void ListPart(const Part& part, const std::string& token) {
    const std::string more = part.after.empty() ? "" : "&start-after=" + PercentEncode(part.after);
    Ask(prefix_, token.empty() ? more : "", token,
        [this, part](Page page) { Take(part, std::move(page)); });
  }

  /// Looks, level by level, for common prefixes to divide the keys at.
  std::vector<Part> FindParts() {
    std::vector<std::string> level = {prefix_};
    std::vector<std::string> bounds;
    for (int depth = 0; depth < kDeepest && !level.empty() && bounds.size() < kWantedParts;
         ++depth) {
      std::vector<std::string> found;
      for (const std::string& prefix : level) {
        Ask(prefix, "&delimiter=%2F", "", [&](Page page) {
          std::move(page.common_prefixes.begin(), page.common_prefixes.end(),
                    std::back_inserter(found));
        });
      }
      Wait();
      bounds.insert(bounds.end(), found.begin(), found.end());
      level = std::move(found);
      if (level.size() > kWantedParts) level.clear();
    }
    std::sort(bounds.begin(), bounds.end());
    bounds.erase(std::unique(bounds.begin(), bounds.end()), bounds.end());
    return Divide(bounds);
  }

  static std::vector<Part> Divide(const std::vector<std::string>& bounds) {
    std::vector<Part> parts(1);
    const size_t step = std::max<size_t>(1, bounds.size() / kWantedParts);
    for (size_t i = 0; i < bounds.size(); i += step) {
      parts.back().last = bounds[i];
      parts.push_back({bounds[i], ""});
    }
    return parts;
  }

  S3Calls& calls_;
  const std::string& bucket_;
  const std::string& prefix_;
  const std::function<void(S3Object)>& visit_;
  std::exception_ptr error_;
};

}  // namespace

void ListS3(S3Calls& calls, const std::string& bucket, const std::string& prefix,
            const std::function<void(S3Object)>& visit) {
  Lister(calls, bucket, prefix, visit).Run();
}

}  // namespace dwh
