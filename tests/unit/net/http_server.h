#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace dwh {

/// A socket on a free loopback port; nobody answers yet.
class Listener {
 public:
  Listener() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(fd_.get(), generic, length) != 0 || listen(fd_.get(), 8) != 0 ||
        getsockname(fd_.get(), generic, &length) != 0) {
      throw Error(ErrorKind::kFailed, "cannot listen on a loopback port");
    }
    port_ = ntohs(address.sin_port);
  }
  int fd() const { return fd_.get(); }
  int port() const { return port_; }
  std::string Url(const std::string& target = "/") const {
    return StrCat("http://127.0.0.1:", port_, target);
  }

 private:
  UniqueFd fd_;
  int port_ = 0;
};

/// Reads one request with its body from a connection; "" if the other side has closed it.
inline std::string ReadRequest(int fd) {
  std::string text;
  char byte = 0;
  while (!text.ends_with("\r\n\r\n")) {
    if (recv(fd, &byte, 1, 0) != 1) return "";
    text += byte;
  }
  const size_t at = text.find("Content-Length: ");
  const size_t length = at == std::string::npos ? 0 : std::stoul(text.substr(at + 16));
  std::string body(length, '\0');
  if (length > 0 && recv(fd, body.data(), length, MSG_WAITALL) != static_cast<ssize_t>(length)) {
    return "";
  }
  return text + body;
}

/// Answers each request with the next of its replies, then closes that connection. A reply that
/// ends in kKeep leaves the connection open for the next.
class Server {
 public:
  static constexpr char kKeep = '\x01';

  explicit Server(std::vector<std::string> replies)
      : replies_(std::move(replies)), thread_([this] { Serve(); }) {}
  ~Server() { Stop(); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// What was received, once all is over.
  const std::vector<std::string>& Requests() {
    Stop();
    return requests_;
  }
  int connections() const { return connections_; }
  std::string Url(const std::string& target = "/") const { return listener_.Url(target); }
  int port() const { return listener_.port(); }

 private:
  void Stop() {
    shutdown(listener_.fd(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }

  void Serve() {
    while (true) {
      const UniqueFd connection(accept(listener_.fd(), nullptr, nullptr));
      if (!connection) return;
      ++connections_;
      while (AnswerOne(connection.get())) {
      }
    }
  }

  /// False when the connection is to be closed.
  bool AnswerOne(int fd) {
    const std::string request = ReadRequest(fd);
    if (request.empty()) return false;
    requests_.push_back(request);
    if (requests_.size() > replies_.size()) return false;
    std::string reply = replies_[requests_.size() - 1];
    const bool keep = reply.ends_with(kKeep);
    if (keep) reply.pop_back();
    size_t sent = 0;
    while (sent < reply.size()) {
      const ssize_t n = send(fd, reply.data() + sent, reply.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return false;
      sent += static_cast<size_t>(n);
    }
    return keep;
  }

  Listener listener_;
  std::vector<std::string> replies_;
  std::vector<std::string> requests_;
  std::atomic<int> connections_{0};
  std::thread thread_;
};

}  // namespace dwh
