// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

// Stands before QtCore in programs built with the thread sanitizer. Qt is not instrumented and its mutexes are plain
// futexes, so the sanitizer sees neither that a call posted to another thread nor that a task given to a pool runs
// after it was handed over. This tells it of those orders and of nothing else: whatever else two threads share is still
// checked.

#include <QFutureInterface>
#include <QMetaObject>
#include <QThreadPool>

#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

namespace {

/// A posted call in an envelope, which the sender seals and the receiver opens.
class PostedCall : public QtPrivate::QSlotObjectBase
{
public:
    explicit PostedCall(QSlotObjectBase *call) : QSlotObjectBase(&act), m_call(call) { __tsan_release(this); }

private:
    static void act(int operation, QSlotObjectBase *envelope, QObject *receiver, void **arguments, bool *)
    {
        auto *posted = static_cast<PostedCall *>(envelope);
        __tsan_acquire(posted);
        if (operation == Call)
            posted->m_call->call(receiver, arguments);
        __tsan_release(posted);
        if (operation == Destroy) {
            posted->m_call->destroyIfLastRef();
            delete posted;
        }
    }

    QSlotObjectBase *m_call;
};

char givenTasks; ///< its address alone stands for tasks on their way to a pool

/// The function of Qt behind one of those below.
template <typename Function> Function inQt(const char *symbol)
{
    return reinterpret_cast<Function>(dlsym(RTLD_NEXT, symbol));
}

} // namespace

bool QMetaObject::invokeMethodImpl(QObject *object, QtPrivate::QSlotObjectBase *slot, Qt::ConnectionType type,
                                   void *result)
{
    static const auto invoke = inQt<decltype(&QMetaObject::invokeMethodImpl)>(
        "_ZN11QMetaObject16invokeMethodImplEP7QObjectPN9QtPrivate15QSlotObjectBaseEN2Qt14ConnectionTypeEPv");
    return invoke(object, new PostedCall(slot), type, result);
}

void QThreadPool::start(QRunnable *task, int priority)
{
    using Start = void (*)(QThreadPool *, QRunnable *, int);
    static const auto start = inQt<Start>("_ZN11QThreadPool5startEP9QRunnablei");
    __tsan_release(&givenTasks);
    start(this, task, priority);
}

/// What a task of QtConcurrent asks before anything else.
bool QFutureInterfaceBase::isCanceled() const
{
    using IsCanceled = bool (*)(const QFutureInterfaceBase *);
    static const auto isCanceled = inQt<IsCanceled>("_ZNK20QFutureInterfaceBase10isCanceledEv");
    __tsan_acquire(&givenTasks);
    return isCanceled(this);
}
