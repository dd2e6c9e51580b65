#pragma once

#include "cli/verb.h"

namespace hawser::cli {

/// The words of `--durable`, for verbs that call a command of a machine; appended to their own.
QList<Word> withDurable(QList<Word> words);

/// Such a verb with `--durable`: the command waits for the machine, and its result for `hawser results`.
std::unique_ptr<Verb> makeDurably(const Desk &desk);

/// V, or with `--durable` that.
template <typename V>
std::unique_ptr<Verb> makeNowOrDurably(const Desk &desk)
{
    return desk.typed.has("--durable") ? makeDurably(desk) : makeVerb<V>(desk);
}

} // namespace hawser::cli
