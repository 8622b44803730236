// An S3 of the loopback for s3_bench.py: the files of one folder as the objects of one bucket, held
// in memory, every answer late by the same time. One thread on epoll, so that it takes little of
// the machine from the clients it serves. It knows GET, HEAD, PUT, ranges and ListObjectsV2, looks
// at no signature, and is no server for anything but this.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <charconv>
#include <chrono>
#include <csignal>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <unordered_map>

namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

struct Object {
  std::string body;
  std::string etag;
};

std::string Decode(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size()) {
      std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16);
      result += static_cast<char>(value);
      i += 2;
    } else {
      result += text[i] == '+' ? ' ' : text[i];
    }
  }
  return result;
}

class Store {
 public:
  explicit Store(const fs::path& folder) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      std::ostringstream body;
      body << std::ifstream(entry.path(), std::ios::binary).rdbuf();
      const std::string key = fs::relative(entry.path(), folder).string();
      std::ostringstream etag;
      etag << '"' << std::hex << std::hash<std::string>()(key) << "00000000\"";
      objects_[key] = {std::move(body).str(), etag.str()};
    }
  }
  size_t size() const { return objects_.size(); }

  /// The whole response to a request.
  std::string Answer(const std::string& head, std::string body) {
    const size_t target_at = head.find(' ') + 1;
    const std::string_view target =
        std::string_view(head).substr(target_at, head.find(' ', target_at) - target_at);
    const bool body_wanted = !head.starts_with("HEAD");
    const size_t mark = std::min(target.find('?'), target.size());
    const std::string_view path = target.substr(0, mark);
    const size_t slash = std::min(path.find('/', 1), path.size());
    const std::string key = Decode(path.substr(std::min(slash + 1, path.size())));
    if (key.empty())
      return Response("200 OK", "Content-Type: application/xml\r\n", List(target.substr(mark)),
                      body_wanted);
    if (head.starts_with("PUT")) {
      objects_[key] = {std::move(body), "\"0\""};
      return Response("200 OK", "ETag: \"0\"\r\n", "", true);
    }
    const auto found = objects_.find(key);
    if (found == objects_.end()) {
      return Response("404 Not Found", "", "<Error><Code>NoSuchKey</Code></Error>", body_wanted);
    }
    return Get(found->second, head, body_wanted);
  }

 private:
  static std::string Response(const char* status, const std::string& headers, std::string_view body,
                              bool body_wanted) {
    std::ostringstream out;
    out << "HTTP/1.1 " << status << "\r\nContent-Length: " << body.size()
        << "\r\nDate: Thu, 01 Nov 2018 00:00:00 GMT\r\nx-amz-request-id: 0\r\n"
        << headers << "\r\n";
    if (body_wanted) out << body;
    return std::move(out).str();
  }

  static std::string Get(const Object& object, const std::string& head, bool body_wanted) {
    std::string headers = "ETag: " + object.etag +
                          "\r\nLast-Modified: Thu, 01 Nov 2018 00:00:00 GMT\r\n"
                          "Content-Type: binary/octet-stream\r\nAccept-Ranges: bytes\r\n";
    const size_t at = head.find("ange: bytes=");
    if (at == std::string::npos) return Response("200 OK", headers, object.body, body_wanted);
    size_t first = 0;
    size_t last = object.body.size() - 1;
    const char* const end = head.data() + head.size();
    const auto [dash, error] = std::from_chars(head.data() + at + 12, end, first);
    std::from_chars(dash + 1, end, last);
    last = std::min(last, object.body.size() - 1);
    headers += "Content-Range: bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" +
               std::to_string(object.body.size()) + "\r\n";
    return Response("206 Partial Content", headers,
                    std::string_view(object.body).substr(first, last - first + 1), body_wanted);
  }

  static std::string Parameter(std::string_view query, const std::string& name) {
    for (const char before : {'?', '&'}) {
      const size_t at = query.find(before + name + "=");
      if (at == std::string_view::npos) continue;
      const std::string_view rest = query.substr(at + name.size() + 2);
      return Decode(rest.substr(0, rest.find('&')));
    }
    return "";
  }

  std::string List(std::string_view query) const {
    constexpr int kPage = 1000;
    const std::string prefix = Parameter(query, "prefix");
    const std::string delimiter = Parameter(query, "delimiter");
    std::string after =
        std::max(Parameter(query, "start-after"), Parameter(query, "continuation-token"));
    std::ostringstream out;
    out << R"(<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bench</Name><Prefix>)"
        << prefix << "</Prefix><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType>";
    int count = 0;
    bool truncated = false;
    auto at = after < prefix ? objects_.lower_bound(prefix) : objects_.upper_bound(after);
    while (at != objects_.end() && at->first.starts_with(prefix)) {
      truncated = count == kPage;
      if (truncated) break;
      ++count;
      const size_t end =
          delimiter.empty() ? std::string::npos : at->first.find(delimiter, prefix.size());
      if (end == std::string::npos) {
        after = at->first;
        out << "<Contents><Key>" << at->first
            << "</Key><LastModified>2018-11-01T00:00:00.000Z</LastModified><ETag>"
            << "&quot;" << std::string_view(at->second.etag).substr(1, at->second.etag.size() - 2)
            << "&quot;</ETag><Size>" << at->second.body.size()
            << "</Size><StorageClass>STANDARD</StorageClass></Contents>";
        ++at;
      } else {
        const std::string group = at->first.substr(0, end + 1);
        after = group + "\xff";
        out << "<CommonPrefixes><Prefix>" << group << "</Prefix></CommonPrefixes>";
        at = objects_.lower_bound(after);
      }
    }
    out << "<KeyCount>" << count << "</KeyCount><IsTruncated>" << (truncated ? "true" : "false")
        << "</IsTruncated>";
    if (truncated) out << "<NextContinuationToken>" << after << "</NextContinuationToken>";
    out << "</ListBucketResult>";
    return std::move(out).str();
  }

  std::map<std::string, Object> objects_;
};

class Server {
 public:
  Server(Store& store, std::chrono::milliseconds delay) : store_(store), delay_(delay) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener_, generic, length) != 0 || listen(listener_, SOMAXCONN) != 0 ||
        getsockname(listener_, generic, &length) != 0) {
      throw std::runtime_error("cannot listen on the loopback");
    }
    port_ = ntohs(address.sin_port);
    Watch(listener_, EPOLLIN);
    Watch(STDIN_FILENO, EPOLLIN);
  }

  int port() const { return port_; }

  /// Until standard input ends.
  void Run() {
    std::array<epoll_event, 256> events{};
    while (true) {
      const int count = epoll_wait(poll_, events.data(), events.size(), Timeout());
      for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<size_t>(i)].data.fd;
        if (fd == STDIN_FILENO) return;
        if (fd == listener_) {
          Accept();
        } else {
          Work(fd, events[static_cast<size_t>(i)].events);
        }
      }
      SendDue();
    }
  }

 private:
  struct Connection {
    std::string in;
    std::string out;
    size_t sent = 0;
    uint64_t number = 0;  ///< Descriptors are used again, numbers are not.
  };
  struct Late {
    SteadyClock::time_point due;
    int fd;
    uint64_t number;
    std::string response;
  };

  void Watch(int fd, uint32_t what) const {
    epoll_event event{};
    event.events = what;
    event.data.fd = fd;
    epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &event);
  }

  int Timeout() const {
    if (late_.empty()) return -1;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(late_.front().due - SteadyClock::now());
    return std::max(0, static_cast<int>(left.count()));
  }

  void Accept() {
    while (true) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      connections_[fd].number = ++accepted_;
      Watch(fd, EPOLLIN | EPOLLOUT | EPOLLET);
    }
  }

  void Work(int fd, uint32_t what) {
    Connection& connection = connections_.at(fd);
    std::array<char, 65536> buffer{};
    while ((what & EPOLLIN) != 0U) {
      const ssize_t got = recv(fd, buffer.data(), buffer.size(), 0);
      if (got < 0 && errno == EAGAIN) break;
      if (got <= 0) return Close(fd);
      connection.in.append(buffer.data(), static_cast<size_t>(got));
    }
    for (size_t end = connection.in.find("\r\n\r\n"); end != std::string::npos;
         end = connection.in.find("\r\n\r\n")) {
      const std::string head = connection.in.substr(0, end + 4);
      const size_t length = BodyLength(head);
      if (connection.in.size() < end + 4 + length) break;
      std::string body = connection.in.substr(end + 4, length);
      connection.in.erase(0, end + 4 + length);
      late_.push_back({SteadyClock::now() + delay_, fd, connection.number,
                       store_.Answer(head, std::move(body))});
    }
    Send(fd, connection);
  }

  static size_t BodyLength(const std::string& head) {
    size_t length = 0;
    const size_t at = head.find("ontent-Length: ");
    if (at != std::string::npos) {
      std::from_chars(head.data() + at + 15, head.data() + head.size(), length);
    }
    return length;
  }

  void SendDue() {
    const auto now = SteadyClock::now();
    for (; !late_.empty() && late_.front().due <= now; late_.pop_front()) {
      const auto found = connections_.find(late_.front().fd);
      if (found == connections_.end() || found->second.number != late_.front().number) continue;
      found->second.out += late_.front().response;
      Send(found->first, found->second);
    }
  }

  static void Send(int fd, Connection& connection) {
    while (connection.sent < connection.out.size()) {
      const ssize_t sent = send(fd, connection.out.data() + connection.sent,
                                connection.out.size() - connection.sent, MSG_NOSIGNAL);
      if (sent <= 0) return;  // goes on when there is room; errors show when reading
      connection.sent += static_cast<size_t>(sent);
    }
    connection.out.clear();
    connection.sent = 0;
  }

  void Close(int fd) {
    connections_.erase(fd);
    close(fd);
  }

  Store& store_;
  const std::chrono::milliseconds delay_;
  int listener_ = -1;
  int port_ = 0;
  int poll_ = epoll_create1(EPOLL_CLOEXEC);
  uint64_t accepted_ = 0;
  std::unordered_map<int, Connection> connections_;
  std::deque<Late> late_;  ///< In the order of their times, for all are equally late.
};

}  // namespace

int main(int argc, char** argv) {
  fs::path folder;
  int delay_ms = 20;
  CLI::App app("Serves DIR as an S3 bucket on the loopback; prints its port; ends with its input.");
  app.add_option("DIR", folder, "Its files are the objects")
      ->required()
      ->check(CLI::ExistingDirectory);
  app.add_option("--delay-ms", delay_ms, "Every answer comes so much later")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    Store store(folder);
    Server server(store, std::chrono::milliseconds(delay_ms));
    std::cout << server.port() << std::endl;
    server.Run();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "s3_server: " << error.what() << "\n";
    return 1;
  }
}
