#include "desktop/dialogs/connectstage.h"

namespace hawser::desktop {

using namespace chat;

void connectStage(ApprovalStage *stage, Requests *requests)
{
    const auto update = [stage, requests] {
        stage->show(requests->shown(), requests->waiting(), requests->timeLeft());
    };
    QObject::connect(requests, &Requests::changed, stage, update);
    QObject::connect(requests, &Requests::shownChanged, stage, update);
    QObject::connect(stage, &ApprovalStage::freed, requests, update);
    QObject::connect(requests, &Requests::closed, stage, &ApprovalStage::closed);
    QObject::connect(requests, &Requests::failed, stage, &ApprovalStage::failed);
    QObject::connect(stage, &ApprovalStage::allowed, requests, [stage, requests](quint64 id, const Decision &decision) {
        if (const Result<void> done = requests->allow(id, decision); !done)
            stage->failed(id, done.error().sentence);
    });
    QObject::connect(stage, &ApprovalStage::notNow, requests, &Requests::notNow);
    QObject::connect(stage, &ApprovalStage::allRejected, requests, &Requests::rejectAll);
    QObject::connect(stage, &ApprovalStage::moreTimeWished, requests, &Requests::moreTime);
    QObject::connect(stage, &ApprovalStage::blocked, requests, [stage, requests](quint64 id, Block::What what) {
        if (const Result<void> done = requests->block(id, what); !done)
            stage->failed(id, done.error().sentence);
    });
    update();
}

} // namespace hawser::desktop
