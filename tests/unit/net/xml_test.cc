#include "net/xml.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace dwh {
namespace {

constexpr std::string_view kReply = R"(<?xml version="1.0"?>
<r:DescribeClustersResponse xmlns:r="http://redshift.amazonaws.com/doc/2012-12-01/">
  <!-- a comment -->
  <r:DescribeClustersResult>
    <r:Clusters>
      <r:Cluster><r:ClusterIdentifier> dwh </r:ClusterIdentifier><Unknown/></r:Cluster>
      <r:Cluster><r:ClusterIdentifier>a&lt;b&#x41;<![CDATA[<&>]]></r:ClusterIdentifier></r:Cluster>
    </r:Clusters>
  </r:DescribeClustersResult>
</r:DescribeClustersResponse>
)";

std::string ErrorFor(std::string_view text) {
  try {
    ParseXml(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
    return error.what();
  }
  return "";
}

TEST(Xml, IsReadByLocalNames) {
  const XmlNode root = ParseXml(kReply);
  EXPECT_EQ(root.name(), "DescribeClustersResponse");
  EXPECT_EQ(root.child("DescribeClustersResult/Clusters/Cluster/ClusterIdentifier").text(), "dwh");
  const auto clusters = root.child("DescribeClustersResult/Clusters").children("Cluster");
  ASSERT_EQ(clusters.size(), 2U);
  EXPECT_EQ(clusters[1].child("ClusterIdentifier").text(), "a<bA<&>");
  EXPECT_EQ(clusters[0].children().size(), 2U);
}

TEST(Xml, WhatIsNotThereIsEmpty) {
  const XmlNode nothing = ParseXml(kReply).child("DescribeClustersResult/Marker/x");
  EXPECT_FALSE(nothing);
  EXPECT_EQ(nothing.text(), "");
  EXPECT_EQ(nothing.name(), "");
  EXPECT_FALSE(nothing.child("a"));
  EXPECT_TRUE(nothing.children().empty());
  EXPECT_TRUE(ParseXml("<a><b/></a>").child("b"));
  EXPECT_EQ(ParseXml("<a><b/></a>").child("b").text(), "");
}

TEST(Xml, ANodeKeepsTheDocument) {
  XmlNode node;
  {
    const std::string text = "<a><b>kept</b></a>";
    node = ParseXml(text).child("b");
  }
  EXPECT_EQ(node.text(), "kept");
}

TEST(Xml, TextOfChildrenIsNotTheParents) {
  EXPECT_EQ(ParseXml("<a> x <b>y</b> z </a>").text(), "x  z");
}

TEST(Xml, RefusesWhatIsNotOneDocument) {
  for (const char* bad : {"", "   ", "plain text", "{\"json\": 1}", "<a>", "<a><b></a>", "<a/><b/>",
                          "<a/>trailing", "leading<a/>", "<a", "<?xml version=\"1.0\"?>",
                          "<html><body>502<br></body></html>", "<a>&lt;</a"}) {
    EXPECT_NE(ErrorFor(bad), "") << bad;
  }
}

TEST(Xml, RefusesDocumentTypes) {
  EXPECT_NE(ErrorFor("<!DOCTYPE html><html></html>").find("document type"), std::string::npos);
  EXPECT_NE(ErrorFor("<!DOCTYPE a [<!ENTITY x \"yyyy\">]><a>&x;</a>"), "");
}

TEST(Xml, UnknownEntitiesStayAsTheyAre) { EXPECT_EQ(ParseXml("<a>&x;</a>").text(), "&x;"); }

TEST(Xml, EveryStartOfAReplyIsRefused) {
  const std::string reply = "<R xmlns=\"u\"><A>1</A><B><![CDATA[2]]></B></R>";
  for (size_t length = 0; length < reply.size(); ++length) {
    EXPECT_NE(ErrorFor(reply.substr(0, length)), "") << reply.substr(0, length);
  }
  EXPECT_NO_THROW(ParseXml(reply));
}

TEST(Xml, ErrorShowsTheStartOnly) {
  const std::string message = ErrorFor("upstream connect error " + std::string(500, 'x') + "end");
  EXPECT_NE(message.find("upstream connect error"), std::string::npos) << message;
  EXPECT_LT(message.size(), 200U);
}

TEST(Xml, DeepNestingIsNoTrouble) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "<a>";
  EXPECT_NE(ErrorFor(text), "");
  for (int i = 0; i < 100'000; ++i) text += "</a>";
  EXPECT_TRUE(ParseXml(text));
}

}  // namespace
}  // namespace dwh
