// Writes JSON of any size in the shape of the public Sparkify data set, with its odd cases: numbers
// where text is due, empty user ids, text that was encoded twice, control characters, duplicate
// artists, listeners who change level. Everything comes from one splitmix64 generator and integer
// arithmetic, so a seed gives the same bytes on every machine. The numbers printed at the end are
// counted while writing; they are the right answers for whoever loads the data.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <initializer_list>
#include <iostream>
#include <memory>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;
using std::string_view;

// ---- Random numbers --------------------------------------------------------------------------

/// splitmix64 (Steele, Lea, Flood 2014).
uint64_t Mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31U);
}

class Random {
 public:
  enum Stream : uint64_t { kSong = 1, kArtist, kUser, kDay, kEvent };

  /// The same seed, stream and index give the same numbers, whatever else was drawn before.
  Random(uint64_t seed, Stream stream, uint64_t index)
      : state_(Mix(Mix(seed ^ (stream << 56U)) ^ index)) {}

  uint32_t Below(uint32_t n) {
    state_ += 0x9E3779B97F4A7C15U;
    return static_cast<uint32_t>(((Mix(state_) >> 32U) * n) >> 32U);
  }
  bool OneIn(uint32_t n) { return Below(n) == 0; }
  bool Percent(uint32_t n) { return Below(100) < n; }
  string_view Pick(std::span<const string_view> words) {
    return words[Below(static_cast<uint32_t>(words.size()))];
  }

 private:
  uint64_t state_;
};

// ---- Words -----------------------------------------------------------------------------------

constexpr auto kWords = std::to_array<string_view>(
    {"Again",   "Amber",     "Arrow",    "Autumn",   "Away",     "Believe",   "Bitter",
     "Blue",    "Broken",    "Can't",    "Candle",   "Carry",    "Circle",    "City",
     "Cold",    "Corner",    "Dance",    "Daughter", "Devil's",  "Distant",   "Don't",
     "Down",    "Dream",     "Electric", "Empty",    "Evening",  "Every",     "Falling",
     "Feather", "Fever",     "Fire",     "Flower",   "Forever",  "Garden",    "Ghost",
     "Glass",   "Goodbye",   "Harbour",  "Heart",    "Heaven",   "Hold",      "Home",
     "Hour",    "I'm",       "In",       "Island",   "Lantern",  "Last",      "Leave",
     "Letter",  "Light",     "Little",   "Lonely",   "Long",     "Love",      "Lullaby",
     "Machine", "Me",        "Midnight", "Mirror",   "Moon",     "Morning",   "Mountain",
     "My",      "Never",     "Night",    "Nobody",   "Northern", "Ocean",     "Of",
     "On",      "One",       "Orange",   "Over",     "Paper",    "Parade",    "Promise",
     "Quiet",   "Radio",     "Rain",     "Remember", "River",    "Road",      "Roses",
     "Running", "Sailor",    "Salt",     "Secret",   "Shadow",   "Silver",    "Sister's",
     "Sleep",   "Slow",      "Smoke",    "Snow",     "Somebody", "Song",      "Southern",
     "Stay",    "Stone",     "Storm",    "Stranger", "Street",   "Summer",    "Sunday",
     "Sweet",   "Telephone", "The",      "Thunder",  "Tonight",  "Train",     "Under",
     "Velvet",  "Waiting",   "Walk",     "Water",    "Wedding",  "Wild",      "Window",
     "Winter",  "Without",   "Wolf",     "Wonder",   "Yellow",   "Yesterday", "You",
     "Young",   "Your"});
constexpr auto kForeignWords = std::to_array<string_view>(
    {"Ni\u00f1a", "Fr\u00fchling", "Caf\u00e9", "Sm\u00e1ri", "Gar\u00e7on", "\u00bfPor qu\u00e9?",
     "\u00c5ngstr\u00f6m", "S\u00e3o", "\u0160koda", "\u6771\u4eac", "\u041c\u0438\u0440"});
constexpr auto kTitleTails = std::to_array<string_view>(
    {" (Album Version)", " (Live)", " (LP Version)", " (Remastered)", " [Explicit]",
     " (Feat. The Night Shift)", " / Reprise", " (Radio Edit)"});
constexpr auto kBandTails = std::to_array<string_view>(
    {" Orchestra", " Brothers", " & Sons", " Quartet", " Club", "s", " Experience", " Band"});
constexpr auto kJoiners = std::to_array<string_view>({" / ", " feat. ", " & ", " featuring "});
constexpr auto kWomen = std::to_array<string_view>(
    {"Amelia",  "Ava",      "Beatriz", "Chloe",   "Dagny",  "Elena",  "Fiona", "Greta",
     "Harriet", "Imogen",   "Jutta",   "Kirsten", "Leonie", "Mabel",  "Nadia", "Odette",
     "Petra",   "Rosalind", "Sigrid",  "Tamsin",  "Ulrike", "Verena", "Willa", "Yara"});
constexpr auto kMen = std::to_array<string_view>(
    {"Anton", "Bruno", "Casper", "Dmitri", "Edgar", "Felix", "Gideon", "Henrik", "Ivor", "Jasper",
     "Konrad", "Lorenz", "Magnus", "Nestor", "Oskar", "Piers"});
constexpr auto kSurnames = std::to_array<string_view>(
    {"Abbott",  "Barlow",    "Castell", "Dunmore",  "Ellery",   "Farrow",  "Garland",
     "Hartley", "Ingram",    "Jessop",  "Kendall",  "Lambert",  "Marlowe", "Norris",
     "Osborne", "Pemberton", "Quigley", "Ravensby", "Sutton",   "Thorne",  "Underhill",
     "Vance",   "Whitlock",  "Yardley", "O'Connor", "St. John", "Van Dam", "Del Rio"});
constexpr auto kMetros = std::to_array<string_view>({"Atlanta-Sandy Springs-Roswell, GA",
                                                     "Augusta-Richmond County, GA-SC",
                                                     "Boston-Cambridge-Newton, MA-NH",
                                                     "Chicago-Naperville-Elgin, IL-IN-WI",
                                                     "Dallas-Fort Worth-Arlington, TX",
                                                     "Eugene, OR",
                                                     "Fargo, ND-MN",
                                                     "Houston-The Woodlands-Sugar Land, TX",
                                                     "Janesville-Beloit, WI",
                                                     "Lansing-East Lansing, MI",
                                                     "Los Angeles-Long Beach-Anaheim, CA",
                                                     "Minneapolis-St. Paul-Bloomington, MN-WI",
                                                     "New York-Newark-Jersey City, NY-NJ-PA",
                                                     "Phoenix-Mesa-Scottsdale, AZ",
                                                     "Portland-South Portland, ME",
                                                     "Salt Lake City, UT",
                                                     "San Francisco-Oakland-Hayward, CA",
                                                     "Tampa-St. Petersburg-Clearwater, FL",
                                                     "Washington-Arlington-Alexandria, DC-VA-MD-WV",
                                                     "Yuba City, CA"});
constexpr auto kPlaces = std::to_array<string_view>(
    {"London, England", "Ohio", "Berlin, Germany", "NY - New York City", "California - SF",
     "Glasgow, Scotland", "Nashville, TN.", "Lagos / Nigeria", "Malm\u00f6, Sweden",
     "S\u00e3o Paulo, Brazil", "Zagreb Croatia", "Kingston, Jamaica", "Texas", "Hobart, Tasmania",
     "Montr\u00e9al, Qu\u00e9bec", "Denmark"});
// As sent by browsers: most of the source's are wrapped in literal quotes, some are not.
constexpr auto kAgents = std::to_array<string_view>(
    {"\"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_4) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/36.0.1985.143 Safari/537.36\"",
     "\"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_4) AppleWebKit/537.78.2 (KHTML, like Gecko) "
     "Version/7.0.6 Safari/537.78.2\"",
     "\"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Ubuntu "
     "Chromium/36.0.1985.125 Chrome/36.0.1985.125 Safari/537.36\"",
     "\"Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/36.0.1985.125 Safari/537.36\"",
     "\"Mozilla/5.0 (iPhone; CPU iPhone OS 7_1_2 like Mac OS X) AppleWebKit/537.51.2 (KHTML, like "
     "Gecko) Version/7.0 Mobile/11D257 Safari/9537.53\"",
     "\"Mozilla/5.0 (Windows NT 6.3; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/37.0.2062.94 Safari/537.36\"",
     "Mozilla/5.0 (Windows NT 5.1; rv:31.0) Gecko/20100101 Firefox/31.0",
     "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko"});

// ---- Text ------------------------------------------------------------------------------------

void Add(std::string& out, std::initializer_list<string_view> parts) {
  for (const string_view part : parts) out.append(part);
}

void AddNumber(std::string& out, uint64_t value) {
  std::array<char, 20> digits{};
  const auto size =
      std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr - digits.data();
  out.append(digits.data(), static_cast<size_t>(size));
}

/// Hundred-thousandths as the shortest decimal with a point: 26420200 is "264.202".
std::string Decimal(int64_t units) {
  std::string out = units < 0 ? "-" : "";
  const auto size = static_cast<uint64_t>(units < 0 ? -units : units);
  AddNumber(out, size / 100000);
  std::string fraction;
  AddNumber(fraction, 100000 + size % 100000);
  fraction[0] = '.';
  while (fraction.size() > 2 && fraction.back() == '0') fraction.pop_back();
  return out + fraction;
}

bool IsAscii(string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<uint8_t>(c) < 128; });
}

/// The UTF-8 bytes of `text` read as Latin-1, twice: what the source's events did to names.
std::string EncodeTwice(string_view text) {
  std::string now(text);
  for (int round = 0; round < 2; ++round) {
    std::string next;
    for (const char c : now) {
      const auto byte = static_cast<uint8_t>(c);
      if (byte >= 128) next += static_cast<char>(0xC0U | (byte >> 6U));
      next += byte >= 128 ? static_cast<char>(0x80U | (byte & 0x3FU)) : c;
    }
    now = std::move(next);
  }
  return now;
}

/// Decodes the character at `at`, of the three lengths used here (nothing above U+FFFF), and moves
/// `at` past it.
uint32_t TakeCharacter(string_view text, size_t& at) {
  const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(text[i])); };
  const uint32_t first = byte(at++);
  if (first < 0x80) return first;
  const uint32_t second = byte(at++) & 0x3FU;
  if (first < 0xE0) return ((first & 0x1FU) << 6U) | second;
  return ((first & 0x0FU) << 12U) | (second << 6U) | (byte(at++) & 0x3FU);
}

/// A JSON string in pure ASCII, escaped as the source does: "\/" and lower-case "\uXXXX".
std::string Quote(string_view text) {
  constexpr string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (size_t at = 0; at < text.size();) {
    const uint32_t c = TakeCharacter(text, at);
    if (c == '"' || c == '\\' || c == '/') {
      Add(out, {"\\", string_view(&text[at - 1], 1)});
    } else if (c == '\t') {
      out += "\\t";
    } else if (c >= 0x20 && c < 0x7F) {
      out += static_cast<char>(c);
    } else {
      out += "\\u";
      for (uint32_t shift = 16; shift > 0; shift -= 4) out += kHex[(c >> (shift - 4)) & 0xFU];
    }
  }
  return out + '"';
}

/// An id of 18 characters: the prefix, letters that look random, and the index, so that no two
/// indexes share one.
std::string Id(string_view prefix, Random& random, uint64_t index) {
  constexpr string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  constexpr size_t kIndexDigits = 6;
  std::string id(prefix);
  while (id.size() < 18 - kIndexDigits) id += kDigits[random.Below(36)];
  std::string tail;
  for (size_t i = 0; i < kIndexDigits; ++i, index /= 36) tail += kDigits[index % 36];
  return id + std::string(tail.rbegin(), tail.rend());
}

// ---- Songs -----------------------------------------------------------------------------------

constexpr uint32_t kForeignSongs = 1U << 16U;  // Played, but not in the catalogue.
constexpr uint32_t kForeignArtists = 30000;
constexpr uint32_t kMaxSongs = 30'000'000;

/// Text that the source writes as a bare JSON number where it looks like one.
struct Value {
  std::string text;
  bool bare = false;

  std::string Json() const { return bare ? text : Quote(text); }
};

struct Artist {
  std::string id;
  Value name;
  Value location;
  std::string latitude = "null";
  std::string longitude = "null";
};

struct Song {
  uint32_t artist = 0;
  Value title;
  Value artist_name;
  std::string duration;
};

std::string Words(Random& random, uint32_t count) {
  std::string text(random.Pick(kWords));
  for (uint32_t i = 1; i < count; ++i) Add(text, {" ", random.Pick(kWords)});
  return text;
}

/// The odd cases of names and titles, each at fixed indexes so that small sets have them too.
void Spoil(Random& random, uint32_t index, std::string& text) {
  switch (index % 97) {
    case 10:
      text += ' ';
      break;
    case 20:
      text.insert(0, " ");
      break;
    case 30:
      text += " Can\u0019t";  // An apostrophe lost on the way.
      break;
    case 40:
    case 41:
    case 42:
      Add(text, {" ", random.Pick(kForeignWords)});
      break;
    case 60:
      text += " \"A";
      break;
    case 70:
      text += "\" Jones";
      break;
    case 80:
      text += "\u00a0";
      break;
    default:
      break;
  }
}

Value ArtistName(uint64_t seed, uint32_t index) {
  // Some names have several ids.
  if (index % 180 == 21) --index;
  Random random(seed, Random::kArtist, index);
  if (index % 700 == 2) return {std::to_string(100 + random.Below(900)), true};
  std::string name = random.OneIn(3) ? "The " : "";
  name += Words(random, 1 + random.Below(2));
  if (random.OneIn(2)) name += random.Pick(kBandTails);
  Spoil(random, index, name);
  return {name};
}

Value ArtistLocation(Random& random, uint32_t index) {
  if (index == 8) return {"null", true};
  if (index == 15) return {"Harbour|042"};
  if (index % 1200 == 7) return {std::to_string(1 + random.Below(99)), true};
  if (index % 300 == 9) return {"M\ufffd, Germany"};
  if (index % 1000 == 11) return {"Leeds \tYorkshire "};
  if (index % 900 == 13) return {" "};
  if (index % 2500 == 14) return {R"(<a href="http://music.example/a/b" target="x">Oslo</a>)"};
  if (random.Percent(45)) return {""};
  return {std::string(random.Pick(kPlaces))};
}

Artist MakeArtist(uint64_t seed, uint32_t index) {
  // The id's numbers are drawn first; the name has a generator of its own.
  Random random(seed, Random::kArtist, index + (uint64_t{1} << 32U));
  Artist artist{Id("AR", random, index), ArtistName(seed, index), ArtistLocation(random, index)};
  if (random.Percent(35)) {
    artist.latitude = Decimal(static_cast<int64_t>(random.Below(13'000'000)) - 5'000'000);
    artist.longitude = Decimal(static_cast<int64_t>(random.Below(34'000'000)) - 17'000'000);
  }
  return artist;
}

Value SongTitle(uint64_t seed, uint32_t index) {
  Random random(seed, Random::kSong, index);
  if (index == 4) return {"4.6", true};
  if (index % 800 == 3) return {std::to_string(1 + random.Below(9999)), true};
  std::string title = Words(random, 1 + random.Below(5));
  if (random.OneIn(4)) title += random.Pick(kTitleTails);
  Spoil(random, index, title);
  return {title};
}

/// No two indexes share a duration, so a play matches the song it was made from or none.
std::string Duration(uint32_t index) {
  constexpr uint64_t kPrime = 40'000'003;  // Durations are 90 to 490 seconds.
  static_assert(kMaxSongs + kForeignSongs < kPrime);
  if (index == 5) return "6.37342";
  if (index == 6) return "2709.2371";
  return Decimal(static_cast<int64_t>(9'000'000 + (index * uint64_t{24'733'921}) % kPrime));
}

/// `song_count` songs, one file each, and more that exist only as names in the events.
class Catalogue {
 public:
  Catalogue(uint64_t seed, uint32_t song_count)
      : seed_(seed),
        song_count_(song_count),
        artist_count_((song_count * uint64_t{16} + 24) / 25) {}

  uint32_t song_count() const { return song_count_; }
  /// The first `artist_count` songs are of one artist each, so this is the count of distinct ids.
  uint32_t artist_count() const { return static_cast<uint32_t>(artist_count_); }

  /// Song `index`; from song_count() on it is not in the catalogue.
  Song Get(uint32_t index) const {
    Random random(seed_, Random::kSong, index + (uint64_t{1} << 32U));
    if (index < artist_count()) {
      return {index, SongTitle(seed_, index), ArtistName(seed_, index), Duration(index)};
    }
    if (index >= song_count_) {
      const uint32_t artist = artist_count() + random.Below(kForeignArtists);
      return {artist, SongTitle(seed_, index), ArtistName(seed_, artist), Duration(index)};
    }
    if (random.OneIn(400)) {  // Another recording: the same title and artist, another length.
      Song song = Get(index - artist_count());
      song.duration = Duration(index);
      return song;
    }
    const uint32_t artist = random.Below(artist_count());
    Song song{artist, SongTitle(seed_, index), ArtistName(seed_, artist), Duration(index)};
    if (random.OneIn(8)) {  // The same artist under another name.
      song.artist_name.text += random.Pick(kJoiners);
      song.artist_name.text += ArtistName(seed_, random.Below(artist_count())).text;
      song.artist_name.bare = false;
    }
    return song;
  }

  /// The folders and name of the file of song `index` below song_data.
  std::string Path(uint32_t index) const {
    constexpr uint32_t kSongsPerLetter = 20000;  // As in the source, which has the letter A.
    Random random(seed_, Random::kSong, index + (uint64_t{2} << 32U));
    const std::array<char, 3> letters = {static_cast<char>('A' + index / kSongsPerLetter % 26),
                                         static_cast<char>('A' + random.Below(26)),
                                         static_cast<char>('A' + random.Below(26))};
    std::string path;
    for (const char letter : letters) Add(path, {string_view(&letter, 1), "/"});
    const std::string prefix = "TR" + std::string(letters.data(), letters.size());
    return path + Id(prefix, random, index) + ".json";
  }

  std::string Json(uint32_t index) const {
    const Song song = Get(index);
    Artist artist = MakeArtist(seed_, song.artist);
    Random random(seed_, Random::kSong, index + (uint64_t{3} << 32U));
    const std::string song_id = Id("SO", random, index);
    if (index >= artist_count() && random.OneIn(25)) {  // The same artist at another place.
      artist.location = {std::string(random.Pick(kPlaces))};
      artist.latitude = artist.longitude = "null";
    }
    std::string out;
    Add(out, {R"({"artist_id":")", artist.id, R"(","artist_latitude":)", artist.latitude});
    Add(out, {",\"artist_location\":", artist.location.Json()});
    Add(out, {",\"artist_longitude\":", artist.longitude});
    Add(out, {",\"artist_name\":", song.artist_name.Json(), ",\"duration\":", song.duration});
    Add(out, {R"(,"num_songs":1,"song_id":")", song_id, R"(","title":)", song.title.Json()});
    out += ",\"year\":";
    AddNumber(out, random.Percent(32) ? 0 : 1922 + random.Below(89));
    return out + '}';
  }

 private:
  uint64_t seed_;
  uint32_t song_count_;
  uint64_t artist_count_;
};

// ---- Files -----------------------------------------------------------------------------------

/// A file that is written from start to end. Throws std::system_error with the path.
class OutputFile {
 public:
  explicit OutputFile(fs::path path)
      : path_(std::move(path)), file_(std::fopen(path_.c_str(), "wb"), &std::fclose) {
    if (!file_) Fail();
  }
  void Write(string_view bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) Fail();
    bytes_ += bytes.size();
  }
  /// Returns the size. An error of a write long ago may show only here.
  uint64_t Close() {
    if (std::fclose(file_.release()) != 0) Fail();
    return bytes_;
  }

 private:
  [[noreturn]] void Fail() const {
    throw std::system_error(errno, std::generic_category(), "cannot write " + path_.string());
  }

  fs::path path_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  uint64_t bytes_ = 0;
};

uint64_t WriteFile(const fs::path& path, string_view bytes) {
  OutputFile file(path);
  file.Write(bytes);
  return file.Close();
}

uint64_t WriteSongs(const fs::path& folder, const Catalogue& catalogue) {
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < catalogue.song_count(); ++i) {
    const fs::path path = folder / catalogue.Path(i);
    fs::create_directories(path.parent_path());
    bytes += WriteFile(path, catalogue.Json(i));
  }
  return bytes;
}

void WriteJsonPaths(const fs::path& path) {
  constexpr auto kFields = std::to_array<string_view>(
      {"artist", "auth", "firstName", "gender", "itemInSession", "lastName", "length", "level",
       "location", "method", "page", "registration", "sessionId", "song", "status", "ts",
       "userAgent", "userId"});
  std::string out = "{\n    \"jsonpaths\": [";
  for (const string_view field : kFields) {
    Add(out, {out.back() == '[' ? "\n" : ",\n", "        \"$['", field, "']\""});
  }
  WriteFile(path, out + "\n    ]\n}");
}

// ---- Events ----------------------------------------------------------------------------------

struct Options {
  std::string directory;
  uint64_t seed = 1;
  uint64_t events = 1'000'000;
  uint32_t files = 30;
  uint32_t songs = 15'000;
  uint32_t users = 0;
};

/// What a right load of the data finds in each table.
struct Answers {
  uint64_t plays = 0;
  uint64_t matched = 0;
  uint64_t play_times = 0;
  uint64_t free_users = 0;
  uint64_t paid_users = 0;
  uint64_t log_bytes = 0;
};

struct Page {
  string_view name;
  string_view method;
  string_view status;
};
constexpr Page kNextSong{"NextSong", "PUT", "200"};
constexpr Page kHome{"Home", "GET", "200"};
constexpr Page kAbout{"About", "GET", "200"};
constexpr Page kHelp{"Help", "GET", "200"};
constexpr Page kLogin{"Login", "PUT", "307"};
constexpr Page kLogout{"Logout", "PUT", "307"};
constexpr Page kSettings{"Settings", "GET", "200"};
constexpr Page kSaveSettings{"Save Settings", "PUT", "307"};
constexpr Page kError{"Error", "GET", "404"};
constexpr Page kUpgrade{"Upgrade", "GET", "200"};
constexpr Page kDowngrade{"Downgrade", "GET", "200"};
constexpr Page kSubmitUpgrade{"Submit Upgrade", "PUT", "307"};
constexpr Page kSubmitDowngrade{"Submit Downgrade", "PUT", "307"};

enum class LatestPlay : uint8_t { kNone, kFree, kPaid };

struct User {
  string_view first_name;
  string_view last_name;
  string_view gender;
  string_view location;
  string_view agent;  ///< A JSON string.
  uint64_t registration_ms = 0;
  bool paid = false;
  LatestPlay latest_play = LatestPlay::kNone;
};

/// One song as the events name it, ready to be copied into a line.
struct Play {
  std::string artist = "null";
  std::string title = "null";
  std::string length = "null";
  bool matches = false;
};

struct Session {
  uint32_t user = 0;
  uint64_t id = 0;
  uint32_t item = 0;
  uint32_t left = 0;  ///< Events until it ends.
  bool logged_out = false;
};

std::string EventText(const std::string& text) { return Quote(EncodeTwice(text)); }

class EventWriter {
 public:
  EventWriter(const Options& options, const Catalogue& catalogue)
      : random_(options.seed, Random::kEvent, 0),
        seed_(options.seed),
        song_count_(catalogue.song_count()),
        sessions_(std::min(options.users, kSessionsAtOnce)) {
    MakeUsers(options.users);
    for (uint32_t i = 0; i < song_count_ + kForeignSongs; ++i) AddPlay(i, catalogue.Get(i));
  }

  /// Writes the events of one day, sorted by time, no newline after the last.
  void WriteDay(const fs::path& path, uint64_t day_start_ms, uint64_t count) {
    OutputFile file(path);
    const auto step = static_cast<uint32_t>(kDayMs / count);
    for (uint64_t i = 0; i < count; ++i) {
      Next(day_start_ms + i * kDayMs / count + random_.Below(step));
      if (i + 1 < count) buffer_ += '\n';
      if (buffer_.size() >= kBufferBytes || i + 1 == count) {
        file.Write(buffer_);
        buffer_.clear();
      }
    }
    answers_.log_bytes += file.Close();
  }

  Answers Finish() {
    for (const User& user : users_) {
      answers_.free_users += user.latest_play == LatestPlay::kFree ? 1 : 0;
      answers_.paid_users += user.latest_play == LatestPlay::kPaid ? 1 : 0;
    }
    return answers_;
  }

  static constexpr uint64_t kDayMs = 86'400'000;
  /// Two events of one user never share a millisecond: the user's latest play is one play.
  static constexpr uint64_t kMaxEventsPerFile = kDayMs / 2;

 private:
  static constexpr uint32_t kSessionsAtOnce = 64;
  static constexpr size_t kBufferBytes = 1U << 18U;

  void MakeUsers(uint32_t count) {
    constexpr uint64_t kOctober2018Ms = 1'538'352'000'000;
    for (const string_view agent : kAgents) agents_.push_back(Quote(agent));
    for (uint32_t i = 0; i < count; ++i) {
      Random random(seed_, Random::kUser, i);
      const bool woman = random.Percent(60);
      User user{.first_name = woman ? random.Pick(kWomen) : random.Pick(kMen),
                .last_name = random.Pick(kSurnames),
                .gender = woman ? "F" : "M",
                .location = random.Pick(kMetros),
                .agent = agents_[random.Below(static_cast<uint32_t>(agents_.size()))]};
      user.registration_ms = kOctober2018Ms + random.Below(31U * 86'400'000U);
      user.paid = random.Percent(25);
      if (i % 48 == 47) {  // Two people of one name.
        user.first_name = users_.back().first_name;
        user.last_name = users_.back().last_name;
        user.gender = users_.back().gender;
      }
      users_.push_back(user);
    }
  }

  void AddPlay(uint32_t index, const Song& song) {
    const std::string& artist = song.artist_name.text;
    std::string title = song.title.text;
    // Blanks at the end do not count when Redshift compares VARCHARs, so some plays lack them.
    if (title.back() == ' ' && index % 2 == 0) title.pop_back();
    const bool matches = index < song_count_ && IsAscii(title) && IsAscii(artist);
    plays_.push_back({EventText(artist), EventText(title), song.duration, matches});
  }

  void StartSession(Session& session) {
    // The product of two draws: a few users make many of the events.
    const uint64_t users = users_.size();
    const uint64_t r = uint64_t{random_.Below(1U << 16U)} * random_.Below(1U << 16U);
    session = {.user = static_cast<uint32_t>(users - 1 - ((r * users) >> 32U)),
               .id = ++last_session_,
               .left = 1 + random_.Below(18)};
  }

  const Page& ChooseLoggedOut() {
    const uint32_t n = random_.Below(30);
    if (n < 18) return kHome;
    if (n < 28) return kLogin;
    return n == 28 ? kAbout : kHelp;
  }

  /// A page of one who is logged in, other than a play, in about the source's proportions.
  const Page& ChooseOther(bool paid) {
    const uint32_t n = random_.Below(86);
    if (n < 60) return kHome;
    if (n < 70) return paid ? kDowngrade : kUpgrade;
    if (n < 76) return kSettings;
    if (n < 80) return kHelp;
    if (n < 83) return kAbout;
    return n < 85 ? kSaveSettings : kError;
  }

  const Page& ChoosePage(const Session& session) {
    if (session.logged_out) return ChooseLoggedOut();
    if (session.user == users_.size() / 2) return kHome;  // One who looks but never plays.
    const bool paid = users_[session.user].paid;
    if (session.left == 1 && random_.OneIn(8)) return kLogout;
    const bool undecided = session.user % 12 == 1;
    if (undecided && random_.OneIn(30)) return paid ? kSubmitDowngrade : kSubmitUpgrade;
    return random_.Below(1000) < 893 ? kNextSong : ChooseOther(paid);
  }

  Play ChooseNearMiss() {
    const Play& song = plays_[random_.Below(song_count_)];
    const Play& other = plays_[song_count_ + random_.Below(kForeignSongs)];
    if (random_.OneIn(3)) return {Quote("Nobody & Friends"), song.title, song.length};
    return {song.artist, song.title, other.length};
  }

  /// About one in twenty is of the catalogue; a few more are so but for the length or the artist.
  const Play& ChoosePlay() {
    const uint32_t n = random_.Below(1000);
    if (n < 55) return plays_[random_.Below(song_count_)];
    if (n < 60) return near_miss_ = ChooseNearMiss();
    return plays_[song_count_ + random_.Below(kForeignSongs)];
  }

  void Next(uint64_t ts) {
    Session& session = sessions_[random_.Below(static_cast<uint32_t>(sessions_.size()))];
    if (session.left == 0) StartSession(session);
    // Now and then two users do something in the same millisecond.
    const bool tie = !tied_ && session.user != last_user_ && random_.OneIn(1000);
    if (tie) ts = std::max(last_ts_, ts / kDayMs * kDayMs);
    const Page& page = ChoosePage(session);
    const bool is_play = &page == &kNextSong;
    const Play& play = is_play ? ChoosePlay() : no_play_;
    Write(session, page, play, ts);
    if (is_play) Count(session, play, ts);
    if (&page == &kSubmitUpgrade) users_[session.user].paid = true;
    if (&page == &kSubmitDowngrade) users_[session.user].paid = false;
    ++session.item;
    --session.left;
    if (&page == &kLogout) {
      session.logged_out = true;
      session.left = 1 + random_.Below(5);
    }
    tied_ = tie;
    last_user_ = session.user;
    last_ts_ = ts;
  }

  void Count(const Session& session, const Play& play, uint64_t ts) {
    User& user = users_[session.user];
    user.latest_play = user.paid ? LatestPlay::kPaid : LatestPlay::kFree;
    ++answers_.plays;
    answers_.matched += play.matches ? 1 : 0;
    answers_.play_times += ts != last_play_ts_ ? 1 : 0;  // Times never go back.
    last_play_ts_ = ts;
  }

  void AddText(string_view key, string_view text, bool null) {
    Add(buffer_, {key, null ? "null" : "\"", null ? "" : text, null ? "" : "\""});
  }

  void Write(const Session& session, const Page& page, const Play& play, uint64_t ts) {
    const User& user = users_[session.user];
    const bool out = session.logged_out;
    Add(buffer_, {"{\"artist\":", play.artist, R"(,"auth":"Logged )", out ? "Out" : "In", "\""});
    AddText(",\"firstName\":", user.first_name, out);
    AddText(",\"gender\":", user.gender, out);
    buffer_ += ",\"itemInSession\":";
    AddNumber(buffer_, session.item);
    AddText(",\"lastName\":", user.last_name, out);
    Add(buffer_, {",\"length\":", play.length, R"(,"level":")", user.paid ? "paid" : "free", "\""});
    AddText(",\"location\":", user.location, out);
    Add(buffer_, {R"(,"method":")", page.method, R"(","page":")", page.name});
    buffer_ += R"(","registration":)";
    if (!out) AddNumber(buffer_, user.registration_ms);
    Add(buffer_, {out ? "null" : ".0", ",\"sessionId\":"});
    AddNumber(buffer_, session.id);
    Add(buffer_, {",\"song\":", play.title, ",\"status\":", page.status, ",\"ts\":"});
    AddNumber(buffer_, ts);
    Add(buffer_, {",\"userAgent\":", out ? "null" : user.agent, R"(,"userId":")"});
    if (!out) AddNumber(buffer_, session.user + 2);
    buffer_ += "\"}";
  }

  Random random_;
  uint64_t seed_;
  uint32_t song_count_;
  std::vector<Session> sessions_;
  std::vector<User> users_;
  std::vector<std::string> agents_;
  std::vector<Play> plays_;  // The catalogue, then songs outside it.
  const Play no_play_;
  Play near_miss_;
  std::string buffer_;
  uint64_t last_session_ = 0;
  uint64_t last_ts_ = 0;
  uint64_t last_play_ts_ = 0;
  uint32_t last_user_ = 0;
  bool tied_ = false;
  Answers answers_;
};

/// Events for each file: about the same, days differ, no file is empty.
std::vector<uint64_t> SplitEvents(const Options& options) {
  constexpr uint64_t kWeightTotal = 1'000'000;
  std::vector<uint64_t> weights;
  for (uint32_t i = 0; i < options.files; ++i) {
    weights.push_back(100 + Random(options.seed, Random::kDay, i).Below(100));
  }
  const uint64_t total = std::accumulate(weights.begin(), weights.end(), uint64_t{0});
  const uint64_t rest = options.events - options.files;  // One event each is set aside.
  std::vector<uint64_t> counts;
  uint64_t weight = 0;
  for (const uint64_t w : weights) {
    // In millionths, so that the product fits.
    const uint64_t before = rest * (weight * kWeightTotal / total) / kWeightTotal;
    weight += w;
    counts.push_back(1 + rest * (weight * kWeightTotal / total) / kWeightTotal - before);
  }
  return counts;
}

Answers WriteEvents(const fs::path& folder, const Options& options, const Catalogue& catalogue) {
  using std::chrono::sys_days;
  constexpr sys_days kFirstDay{std::chrono::year{2018} / 11 / 1};
  EventWriter writer(options, catalogue);
  sys_days day = kFirstDay;
  for (const uint64_t count : SplitEvents(options)) {
    const std::chrono::year_month_day date{day};
    std::array<char, 40> name{};
    std::snprintf(name.data(), name.size(), "%04d/%02u/%04d-%02u-%02u-events.json",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()));
    const fs::path path = folder / name.data();
    fs::create_directories(path.parent_path());
    const std::chrono::milliseconds start = day.time_since_epoch();
    writer.WriteDay(path, static_cast<uint64_t>(start.count()), count);
    day += std::chrono::days{1};
  }
  return writer.Finish();
}

void MakeDataset(const Options& options) {
  const fs::path root(options.directory);
  fs::create_directories(root);
  const Catalogue catalogue(options.seed, options.songs);
  WriteJsonPaths(root / "log_json_path.json");
  const uint64_t song_bytes = WriteSongs(root / "song_data", catalogue);
  const Answers answers = WriteEvents(root / "log_data", options, catalogue);
  std::cout << "{\"staging_events\": " << options.events << ", \"staging_songs\": " << options.songs
            << ", \"songplays\": " << answers.plays << ", \"matched\": " << answers.matched
            << ", \"users\": " << answers.free_users + answers.paid_users
            << ", \"free_users\": " << answers.free_users
            << ", \"paid_users\": " << answers.paid_users << ", \"songs\": " << options.songs
            << ", \"artists\": " << catalogue.artist_count() << ", \"time\": " << answers.play_times
            << ", \"log_files\": " << options.files << ", \"log_bytes\": " << answers.log_bytes
            << ", \"song_bytes\": " << song_bytes << "}\n";
}

/// What is wrong with the options, or "".
std::string Mistake(const Options& options) {
  if (options.events < options.files) return "--events must be at least --files";
  if (options.events / options.files > EventWriter::kMaxEventsPerFile / 2) {
    return "too many events for one file: give more --files";
  }
  if (fs::exists(options.directory) &&
      !(fs::is_directory(options.directory) && fs::is_empty(options.directory))) {
    return options.directory + " is there already and is not an empty folder";
  }
  return "";
}

int Run(int argc, char** argv) {
  CLI::App app(
      "Writes song_data/, log_data/ and log_json_path.json below DIR; prints what a right "
      "load of them finds in each table, as JSON. The same seed gives the same bytes.");
  Options options;
  app.add_option("DIR", options.directory, "Where to; must be empty or not there")->required();
  app.add_option("--events", options.events, "Events in all")->capture_default_str();
  app.add_option("--files,--days", options.files, "Log files, one a day from 2018-11-01")
      ->check(CLI::Range(1, 36500))
      ->capture_default_str();
  app.add_option("--songs", options.songs, "Songs, one a file")
      ->check(CLI::Range(uint32_t{1}, kMaxSongs))
      ->capture_default_str();
  app.add_option("--users", options.users, "Users; 0: one for each 200 events, at least 96")
      ->check(CLI::Range(0, 10'000'000))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Any number")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  if (options.users == 0) {
    options.users =
        static_cast<uint32_t>(std::clamp(options.events / 200, uint64_t{96}, uint64_t{1'000'000}));
  }
  if (const std::string mistake = Mistake(options); !mistake.empty()) {
    std::cerr << "make_dataset: error: " << mistake << "\n";
    return 2;
  }
  MakeDataset(options);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Run(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "make_dataset: error: " << e.what() << "\n";
    return 1;
  }
}
