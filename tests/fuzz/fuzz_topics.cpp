// Names, patterns and messages of topics (docs/protocol.md §16) from somebody hostile: the matcher finds what comparing one
// by one finds, and what was read of a message is what is written again.
#include "core/limits.h"
#include "core/topic_messages.h"
#include "core/topics.h"

#define HAWSER_ROUNDS 30000
#include "tests/fuzz/fuzz.h"

#include <algorithm>

using namespace hawser;
using fuzz::demand;

namespace {

constexpr qsizetype mostTexts = 64;

/// Each line is a pattern and, where it is one, a name.
void tryMatcher(const QByteArray &bytes)
{
    const QByteArrayList texts = bytes.split('\n').mid(0, mostTexts);
    TopicMatcher matcher;
    for (qsizetype i = 0; i < texts.size(); ++i) {
        demand(!isTopicName(texts[i]) || isTopicPattern(texts[i]), "every name is a pattern");
        if (isTopicPattern(texts[i]))
            matcher.add(texts[i], TopicMatcher::Id(i));
    }
    for (const QByteArray &name : texts) {
        if (!isTopicName(name))
            continue;
        std::vector<TopicMatcher::Id> slowly;
        for (qsizetype i = 0; i < texts.size(); ++i)
            if (isTopicPattern(texts[i]) && topicMatches(texts[i], name)) {
                slowly.push_back(TopicMatcher::Id(i));
                demand(patternsOverlap(texts[i], name) && patternsOverlap(name, texts[i]), "what fits overlaps");
            }
        std::vector<TopicMatcher::Id> found = matcher.match(name);
        std::sort(found.begin(), found.end());
        demand(found == slowly, "the matcher finds what fits");
    }
    for (qsizetype i = 0; i < texts.size(); ++i)
        if (isTopicPattern(texts[i]))
            matcher.remove(texts[i], TopicMatcher::Id(i));
    demand(matcher.nodes() == 0, "nothing stays behind");
}

void tryMessages(const QByteArray &bytes)
{
    if (const auto said = topic::decodePublished(bytes))
        demand(said->number < limits::topicsOfPublisher
                && topic::encodeHead(said->said, said->number) + said->rest.toByteArray() == bytes,
            "what a publisher says stays");
    if (const auto word = topic::decodeWord(bytes)) {
        if (const auto *source = std::get_if<topic::Source>(&*word))
            demand(isTopicName(source->topic) && encode(*source) == bytes, "a source stays");
        else if (const auto *gap = std::get_if<topic::Gap>(&*word))
            demand(bytes.startsWith(encode(*gap)), "a gap stays");
        else if (const auto *message = std::get_if<topic::Message>(&*word))
            demand(message->source != 0 && message->body.size() == bytes.size() - 4, "a message stays");
    }
    if (const auto answer = topic::decodeAnswer(bytes)) {
        const QByteArray written = encode(*answer);
        const auto again = topic::decodeAnswer(written);
        demand(again && encode(*again) == written, "an answer stays");
    }
    if (const auto number = topic::decodeNumber(bytes))
        demand(bytes.startsWith(topic::encodeNumber(*number)), "a number stays");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const QByteArray bytes(reinterpret_cast<const char *>(data), qsizetype(size));
    tryMatcher(bytes);
    tryMessages(bytes);
    return 0;
}

#ifndef HAWSER_LIBFUZZER

QList<QByteArray> seeds()
{
    return { "a.b.c\na.*.c\na.>\n>\n*.b\n*", "hawser.presence\nhawser.>", "metrics.anchor.cpu\nmetrics.*.cpu\n*.*.*",
        QByteArray(64, 'a') + '\n' + QByteArray(65, 'a'), QByteArrayList(16, "a").join('.') + "\n*.>",
        topic::encodeHead(topic::Said::Topic, 3) + "a.b", topic::encodeHead(topic::Said::Last, 1023) + "body",
        encode(topic::Answer(topic::Taken { 5 })),
        encode(topic::Answer(topic::Refused { 1, 2, { Code::PermissionDenied, QStringLiteral("no") } })),
        encode(topic::Gap { 3 }), encode(topic::Begin()),
        QByteArray::fromHex("000000000100000007"
                            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
            + "a.b",
        topic::encodeNumber(9) };
}

#endif
