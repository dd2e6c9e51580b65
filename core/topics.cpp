#include "core/topics.h"

#include "core/limits.h"

#include <algorithm>

namespace hawser {

namespace {

constexpr QByteArrayView reserved = "hawser";

/// Takes the tokens of a text one after the other.
class Tokens {
public:
    explicit Tokens(QByteArrayView text) : m_rest(text), m_end(false) { }

    bool atEnd() const { return m_end; }
    QByteArrayView next()
    {
        const qsizetype dot = m_rest.indexOf('.');
        const QByteArrayView token = dot < 0 ? m_rest : m_rest.first(dot);
        m_end = dot < 0;
        m_rest = m_end ? QByteArrayView() : m_rest.sliced(dot + 1);
        return token;
    }

private:
    QByteArrayView m_rest;
    bool m_end;
};

bool isTokenByte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '-'
        || byte == '_';
}

bool isToken(QByteArrayView token)
{
    return !token.isEmpty() && token.size() <= limits::topicToken
        && std::all_of(token.begin(), token.end(), isTokenByte);
}

bool keepsGrammar(QByteArrayView text, bool wildcards)
{
    if (text.isEmpty() || text.size() > limits::topicBytes)
        return false;
    int levels = 0;
    for (Tokens tokens(text); !tokens.atEnd();) {
        const QByteArrayView token = tokens.next();
        const bool wild = token == "*" || (token == ">" && tokens.atEnd());
        if (++levels > limits::topicLevels || !(isToken(token) || (wildcards && wild)))
            return false;
    }
    return true;
}

} // namespace

bool isTopicName(QByteArrayView text)
{
    return keepsGrammar(text, false);
}

bool isTopicPattern(QByteArrayView text)
{
    return keepsGrammar(text, true);
}

bool isReservedTopic(QByteArrayView nameOrPattern)
{
    return Tokens(nameOrPattern).next() == reserved;
}

bool topicMatches(QByteArrayView pattern, QByteArrayView name)
{
    Tokens wanted(pattern);
    Tokens given(name);
    while (!wanted.atEnd() && !given.atEnd()) {
        const QByteArrayView token = wanted.next();
        if (token == ">")
            return true;
        if (given.next() != token && token != "*")
            return false;
    }
    return wanted.atEnd() && given.atEnd();
}

bool patternsOverlap(QByteArrayView one, QByteArrayView other)
{
    Tokens left(one);
    Tokens right(other);
    while (!left.atEnd() && !right.atEnd()) {
        const QByteArrayView a = left.next();
        const QByteArrayView b = right.next();
        if (a == ">" || b == ">")
            return true;
        if (a != b && a != "*" && b != "*")
            return false;
    }
    return left.atEnd() && right.atEnd();
}

struct TopicMatcher::Node {
    struct Hash {
        size_t operator()(const QByteArray &token) const { return ::qHash(token); }
    };
    std::unordered_map<QByteArray, std::unique_ptr<Node>, Hash> children; // '*' among them
    std::unordered_set<Id> here; // patterns that end at this node
    std::unordered_set<Id> below; // … with '>' after it

    bool isEmpty() const { return children.empty() && here.empty() && below.empty(); }

    const Node *child(QByteArrayView token) const
    {
        const auto found = children.find(QByteArray::fromRawData(token.data(), token.size()));
        return found == children.end() ? nullptr : found->second.get();
    }

    void collect(Tokens tokens, std::vector<Id> &found) const
    {
        if (tokens.atEnd()) {
            found.insert(found.end(), here.begin(), here.end());
            return;
        }
        found.insert(found.end(), below.begin(), below.end());
        const Node *next = child(tokens.next());
        if (next)
            next->collect(tokens, found);
        if (const Node *any = child("*"))
            any->collect(tokens, found);
    }

    void remove(Tokens tokens, Id id)
    {
        if (tokens.atEnd()) {
            here.erase(id);
            return;
        }
        const QByteArrayView token = tokens.next();
        if (token == ">") {
            below.erase(id);
            return;
        }
        const auto found = children.find(QByteArray::fromRawData(token.data(), token.size()));
        if (found == children.end())
            return;
        found->second->remove(tokens, id);
        if (found->second->isEmpty())
            children.erase(found);
    }

    size_t count() const
    {
        size_t all = 0;
        for (const auto &[token, next] : children)
            all += 1 + next->count();
        return all;
    }
};

TopicMatcher::TopicMatcher() : m_root(std::make_unique<Node>())
{
}

TopicMatcher::~TopicMatcher() = default;
TopicMatcher::TopicMatcher(TopicMatcher &&) noexcept = default;
TopicMatcher &TopicMatcher::operator=(TopicMatcher &&) noexcept = default;

void TopicMatcher::add(QByteArrayView pattern, Id id)
{
    Node *node = m_root.get();
    for (Tokens tokens(pattern); !tokens.atEnd();) {
        const QByteArrayView token = tokens.next();
        if (token == ">") {
            node->below.insert(id);
            return;
        }
        std::unique_ptr<Node> &next = node->children[token.toByteArray()];
        if (!next)
            next = std::make_unique<Node>();
        node = next.get();
    }
    node->here.insert(id);
}

void TopicMatcher::remove(QByteArrayView pattern, Id id)
{
    m_root->remove(Tokens(pattern), id);
}

std::vector<TopicMatcher::Id> TopicMatcher::match(QByteArrayView name) const
{
    std::vector<Id> found;
    m_root->collect(Tokens(name), found);
    return found;
}

size_t TopicMatcher::nodes() const
{
    return m_root->count();
}

} // namespace hawser
