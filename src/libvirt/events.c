#include "libvirt/events.h"

#include <jansson.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/virterror.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

/* There is one event loop in a process, and so one of these. */
static struct {
        pthread_mutex_t lock;
        STAILQ_HEAD(MailQueue, Mail) queue;
        LoopIo io;
        void (*on_mail)(void *user, const Mail *mail, Usec now);
        void *user;
} mailbox = {.lock = PTHREAD_MUTEX_INITIALIZER};

void events_put(const Mail *mail)
{
        const uint64_t one = 1;
        Mail *copy = malloc(sizeof(*copy));

        if (!copy)
                return;
        *copy = *mail;
        pthread_mutex_lock(&mailbox.lock);
        STAILQ_INSERT_TAIL(&mailbox.queue, copy, entry);
        pthread_mutex_unlock(&mailbox.lock);
        (void)!write(mailbox.io.fd, &one, sizeof(one));
}

static int mailbox_on_ready(LoopIo *io, uint32_t events, Usec now)
{
        struct MailQueue queue = STAILQ_HEAD_INITIALIZER(queue);
        uint64_t count;
        Mail *mail;

        (void)events;
        (void)!read(io->fd, &count, sizeof(count));
        pthread_mutex_lock(&mailbox.lock);
        STAILQ_CONCAT(&queue, &mailbox.queue);
        pthread_mutex_unlock(&mailbox.lock);
        while ((mail = STAILQ_FIRST(&queue))) {
                STAILQ_REMOVE_HEAD(&queue, entry);
                mailbox.on_mail(mailbox.user, mail, now);
                free(mail);
        }
        return 0;
}

/* what libvirt calls */

/* The generation is all that callbacks have to know: it goes in the pointer's place. */
static void *as_opaque(unsigned int generation)
{
        return (void *)(uintptr_t)generation; /* NOLINT(performance-no-int-to-ptr) */
}

static void put_about(virDomainPtr domain, MailKind kind, const void *opaque)
{
        Mail mail = {.kind = kind, .generation = (unsigned int)(uintptr_t)opaque};

        if (virDomainGetUUIDString(domain, mail.uuid) == 0)
                events_put(&mail);
}

/* Events after which the guest is another than before. */
static bool is_other_guest(int event, int detail)
{
        static const struct {
                int event, detail;
        } rows[] = {
                {VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_FROM_SNAPSHOT},
                {VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_FROM_SNAPSHOT},
                {VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_RESTORED},
                {VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT},
                {VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_FROM_SNAPSHOT},
                {VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_RESTORED},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++)
                if (rows[i].event == event && rows[i].detail == detail)
                        return true;
        return false;
}

static int on_lifecycle(virConnectPtr conn, virDomainPtr domain, int event, int detail,
                        void *opaque)
{
        (void)conn;
        put_about(domain, is_other_guest(event, detail) ? MAIL_RESET : MAIL_LOOK, opaque);
        return 0;
}

static void on_reboot(virConnectPtr conn, virDomainPtr domain, void *opaque)
{
        (void)conn;
        put_about(domain, MAIL_RESET, opaque);
}

static void on_job_completed(virConnectPtr conn, virDomainPtr domain,
                             virTypedParameterPtr parameters, int n_parameters, void *opaque)
{
        (void)conn;
        (void)parameters;
        (void)n_parameters;
        put_about(domain, MAIL_LOOK, opaque);
}

/* How a job ends; what libvirt keeps of jobs, it keeps of those that succeed. */
static const struct {
        const char *event, *status;
        int error;
} job_ends[] = {
        {"DUMP_COMPLETED", "completed", 0},
        {"DUMP_COMPLETED", "failed", -EIO},
        {"JOB_STATUS_CHANGE", "aborting", -EIO},
        {"JOB_STATUS_CHANGE", "created", 0},
        {"MIGRATION", "cancelled", -ECANCELED},
        {"MIGRATION", "failed", -EIO},
        {"MIGRATION", "setup", 0},
};

static void put_job_end(virDomainPtr domain, const char *event, const char *details,
                        const void *opaque)
{
        Mail mail = {.kind = MAIL_JOB, .generation = (unsigned int)(uintptr_t)opaque};
        json_t *json = details ? json_loads(details, 0, NULL) : NULL;
        const json_t *result = json_object_get(json, "result"); /* of a dump */
        const char *status = json_string_value(json_object_get(result ? result : json, "status"));

        for (size_t i = 0; status && i < ELEMENTS(job_ends); i++)
                if (strcmp(job_ends[i].event, event) == 0 &&
                    strcmp(job_ends[i].status, status) == 0 &&
                    virDomainGetUUIDString(domain, mail.uuid) == 0) {
                        mail.error = job_ends[i].error;
                        events_put(&mail);
                }
        json_decref(json);
}

/* Libvirt itself tells of jobs when they are over. */
static void on_qemu_event(virConnectPtr conn, virDomainPtr domain, const char *event,
                          long long seconds, unsigned int microseconds, const char *details,
                          void *opaque)
{
        static const char *const wanted[] = {
                "DUMP_COMPLETED", "JOB_STATUS_CHANGE", "MIGRATION", "RESUME",
                "STOP",           "SUSPEND",           "WAKEUP",
        };

        (void)conn;
        (void)seconds;
        (void)microseconds;
        put_job_end(domain, event, details, opaque);
        for (size_t i = 0; i < ELEMENTS(wanted); i++)
                if (strcmp(wanted[i], event) == 0)
                        put_about(domain, MAIL_LOOK, opaque);
}

static void on_close(virConnectPtr conn, int reason, void *opaque)
{
        static const char *const reasons[] = {
                [VIR_CONNECT_CLOSE_REASON_ERROR] = "the connection broke",
                [VIR_CONNECT_CLOSE_REASON_EOF] = "libvirtd has closed the connection",
                [VIR_CONNECT_CLOSE_REASON_KEEPALIVE] = "libvirtd does not answer",
                [VIR_CONNECT_CLOSE_REASON_CLIENT] = "the connection was closed",
        };
        Mail mail = {.kind = MAIL_CLOSED, .generation = (unsigned int)(uintptr_t)opaque};

        (void)conn;
        mail.text =
                reason >= 0 && (size_t)reason < ELEMENTS(reasons) ? reasons[reason] : reasons[0];
        events_put(&mail);
}

static void leave(void *opaque)
{
        (void)opaque;
}

bool events_subscribe(virConnectPtr conn, unsigned int generation)
{
        void *opaque = as_opaque(generation);

        /* What a driver does not have, the lists make up for. */
        (void)virConnectRegisterCloseCallback(conn, on_close, opaque, leave);
        (void)virConnectDomainEventRegisterAny(conn, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                               VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle), opaque,
                                               leave);
        (void)virConnectDomainEventRegisterAny(conn, NULL, VIR_DOMAIN_EVENT_ID_REBOOT,
                                               VIR_DOMAIN_EVENT_CALLBACK(on_reboot), opaque, leave);
        (void)virConnectDomainEventRegisterAny(conn, NULL, VIR_DOMAIN_EVENT_ID_JOB_COMPLETED,
                                               VIR_DOMAIN_EVENT_CALLBACK(on_job_completed), opaque,
                                               leave);
        return virConnectDomainQemuMonitorEventRegister(conn, NULL, NULL, on_qemu_event, opaque,
                                                        leave, 0) >= 0;
}

/* life */

static void *run(void *user)
{
        (void)user;
        for (;;)
                if (virEventRunDefaultImpl() < 0)
                        sleep(1); /* which it does where memory is short */
        return NULL;
}

static void say_nothing(void *user, virErrorPtr error)
{
        (void)user;
        (void)error;
}

int events_start(Loop *loop, void (*on_mail)(void *user, const Mail *mail, Usec now), void *user)
{
        sigset_t all, before;
        pthread_t thread;
        int r;

        STAILQ_INIT(&mailbox.queue);
        mailbox.on_mail = on_mail;
        mailbox.user = user;
        mailbox.io = (LoopIo){
                .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
                .on_ready = mailbox_on_ready,
        };
        if (mailbox.io.fd < 0)
                return -errno;
        r = loop_add_io(loop, &mailbox.io, EPOLLIN);
        if (r < 0)
                return r;
        virSetErrorFunc(NULL, say_nothing); /* who asked is told, and says it */
        if (virInitialize() < 0 || virEventRegisterDefaultImpl() < 0)
                return -EIO;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, &before);
        r = -pthread_create(&thread, NULL, run, NULL);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        return r;
}
