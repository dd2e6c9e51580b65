#pragma once

#include <QByteArray>
#include <QString>

namespace hawser {

// Everything that came from somebody else passes here before it is shown (docs/protocol.md §10). Each function gives the
// same when it is applied to its own result. What nobody can see, or what moves other text, is written as ⟨U+202E⟩:
// controls, format and bidi characters, zero-width ones, line and paragraph separators, private, unassigned and
// noncharacters. Half surrogates become U+FFFD. Joiners stay where a script or an emoji needs them. More than eight
// combining marks on one character are cut and marked with ⟨…⟩.

/// One line: newlines and tabs are made visible too.
QString visible(QStringView text);
/// Several lines, for chat and output: line feeds and tabs stay, CR LF is one line feed.
QString visibleText(QStringView text);
/// What somebody calls itself: visible, white space collapsed, at most limits::nameGraphemes with … at the cut. May be
/// empty.
QString claimedName(QStringView text);

/// Whether a person may take one name for the other: the same after Unicode's confusables (UTS 39), letter case and
/// white space.
bool looksAlike(QStringView a, QStringView b);

/// visibleText() as UTF-8: of the control characters only \n and \t reach the terminal.
QByteArray forTerminal(QStringView text);

} // namespace hawser
