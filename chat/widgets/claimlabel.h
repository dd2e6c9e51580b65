#pragma once

#include "chat/widgets/safelabel.h"

class QTextLayout;

namespace hawser::chat {

/// A name or another text from others that may be of any length and shape: it takes a few lines at most, breaks where it
/// must and ends with … when it is cut. Whatever it says, what stands around it stays where it is.
class ClaimLabel : public SafeLabel {
    Q_OBJECT

public:
    explicit ClaimLabel(int mostLines, QWidget *parent = nullptr);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;

protected:
    void paintEvent(QPaintEvent *) override;

private:
    /// Breaks the text into lines of that width. \return the first character that has no line any more
    int breakLines(QTextLayout &layout, int width) const;

    int m_mostLines;
};

} // namespace hawser::chat
