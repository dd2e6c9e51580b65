#pragma once

#include <QHash>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace hawser {

// Names and patterns of topics (docs/protocol.md §16.1): tokens of letters, digits, '-' and '_' with dots between. In a
// pattern the token '*' stands for any one token, '>' as the last for one or more. A text with anything else in it is
// neither, so nothing that somebody typed turns into a pattern by accident.

bool isTopicName(QByteArrayView text);
/// Every name is a pattern too: its own.
bool isTopicPattern(QByteArrayView text);
/// The topics below `hawser.` are the broker's: nobody else publishes there.
bool isReservedTopic(QByteArrayView nameOrPattern);
/// \pre both keep the grammar
bool topicMatches(QByteArrayView pattern, QByteArrayView name);
/// Whether there is a name that fits both. \pre both keep the grammar
bool patternsOverlap(QByteArrayView one, QByteArrayView other);

/// Finds the patterns that a name fits, in time that does not grow with those it does not fit.
class TopicMatcher {
public:
    using Id = quint64;

    TopicMatcher();
    ~TopicMatcher();
    TopicMatcher(TopicMatcher &&) noexcept;
    TopicMatcher &operator=(TopicMatcher &&) noexcept;

    /// An id may stand at several patterns. \pre isTopicPattern(pattern)
    void add(QByteArrayView pattern, Id id);
    /// Does nothing when it does not stand there.
    void remove(QByteArrayView pattern, Id id);
    /// The ids of all patterns that fit, each as often as its patterns do, in no order. \pre isTopicName(name)
    std::vector<Id> match(QByteArrayView name) const;
    /// Tokens that are kept: what its size goes by.
    size_t nodes() const;

private:
    struct Node;
    std::unique_ptr<Node> m_root;
};

} // namespace hawser
