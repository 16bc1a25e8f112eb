#include "api/daemon.h"

#include "api/daemon-config.h"
#include "api/reply.h"
#include "api/service.h"
#include "api/status.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/secret.h"
#include "http/certificate.h"
#include "schema/tables.h"
#include "wire/read.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#define ADMINISTRATOR   "administrator"
#define HASHING_THREADS 2
#define HASHES_QUEUED   256
#define ARENA_BYTES_MAX ((size_t)96 << 20)
#define PEM_BYTES_MAX   ((size_t)256 << 10)
#define FAREWELL_USEC   (100 * USEC_PER_MSEC)

struct Daemon {
        DaemonOptions options;
        DaemonConfig *config;
        Service service;
        HttpServer *http;
        Status *status;
        LoopTimer farewell; /* from SIGTERM to the end */
        bool ends;
        char *host_name, *full_name;
        char thumbprint[CERTIFICATE_THUMBPRINT_SIZE];
};

/* files */

static int read_file(const char *path, Buf *ret)
{
        _cleanup_(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n = 1;

        if (fd < 0)
                return -errno;
        while (n > 0) {
                size_t before = ret->size;
                char *at = buf_grow(ret, 4096);

                if (!at)
                        return buf_error(ret);
                n = read(fd, at, 4096);
                ret->size = before + (n > 0 ? (size_t)n : 0);
        }
        return n < 0 ? -errno : 0;
}

static int write_file(const char *path, const Buf *data, mode_t mode)
{
        _cleanup_(freep) char *new = NULL;
        _cleanup_(fd_closep) int fd = -1;

        if (asprintf(&new, "%s.new", path) < 0)
                return -ENOMEM;
        (void)unlink(new);
        fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (fd < 0)
                return -errno;
        if (fchmod(fd, mode) < 0 || write(fd, data->data, data->size) != (ssize_t)data->size ||
            fsync(fd) < 0 || rename(new, path) < 0) {
                (void)unlink(new);
                return -EIO;
        }
        return 0;
}

static int log_file_error(const char *path, int r)
{
        log_error("%s: %s", path, strerror(-r));
        return r;
}

/* a first start */

static int make_certificate(const Daemon *daemon)
{
        _cleanup_(buf_done) Buf certificate = {.max = PEM_BYTES_MAX};
        _cleanup_(buf_erase) Buf key = {.max = PEM_BYTES_MAX};
        int r;

        r = certificate_make(daemon->host_name, &certificate, &key);
        if (r < 0)
                return r;
        r = write_file(daemon->config->key, &key, 0600);
        if (r < 0)
                return log_file_error(daemon->config->key, r);
        r = write_file(daemon->config->certificate, &certificate, 0644);
        if (r < 0)
                return log_file_error(daemon->config->certificate, r);
        log_info("made a self-signed certificate: %s", daemon->config->certificate);
        return 0;
}

static void apply_log_level(const Daemon *daemon)
{
        LogLevel level = daemon->options.level;

        if (!daemon->options.level_given)
                (void)log_level_parse(daemon->config->log_level, &level);
        log_open("guestopsd", level);
}

static int load_users(Daemon *daemon, bool may_create)
{
        _cleanup_(freep) char *path = NULL;
        _cleanup_(secret_freep) char *password = NULL;
        int r;

        if (asprintf(&path, "%s/users", daemon->config->state) < 0)
                return -ENOMEM;
        if (may_create && access(path, F_OK) < 0 && errno == ENOENT) {
                r = users_create(path, ADMINISTRATOR, &password);
                if (r < 0)
                        return log_file_error(path, r);
                log_open("guestopsd", LOG_LEVEL_INFO); /* told this once, at any level */
                log_info("made the user " ADMINISTRATOR " with password %s (told this once)",
                         password);
                apply_log_level(daemon);
        }
        r = users_load(path, &daemon->service.users);
        return r < 0 ? log_file_error(path, r) : 0;
}

static int make_state(const Daemon *daemon)
{
        const char *state = daemon->config->state;

        if (mkdir(state, 0700) < 0 && errno != EEXIST)
                return log_file_error(state, -errno);
        if (access(daemon->config->certificate, F_OK) == 0 || errno != ENOENT)
                return 0;
        if (daemon->config->own_files)
                return make_certificate(daemon);
        return log_file_error(daemon->config->certificate, -ENOENT);
}

/* parts */

static void on_request(void *user, HttpRequest *request, Usec now)
{
        static const HttpHeader later = {"Retry-After", "1"};
        Daemon *daemon = user;

        /* The machines are gone already, but only from this daemon. */
        if (daemon->ends)
                reply_text(request, 503, &later, "The service ends.");
        else
                dispatch_request(&daemon->service, request, now);
}

static bool is_streamed(void *user, HttpRequest *request)
{
        (void)user;
        return dispatch_is_streamed(request);
}

static size_t body_max(void *user, HttpRequest *request)
{
        Daemon *daemon = user;

        return client_call_body_max(&daemon->service, request, daemon->config->body_bytes_max);
}

static void on_gone(void *user, HttpRequest *request, Usec now)
{
        dispatch_gone(&((Daemon *)user)->service, request, now);
}

static void describe_host(Daemon *daemon, const Buf *certificate)
{
        HostFacts *host = &daemon->service.host;

        host->port = http_server_port(daemon->http);
        host->boot_time = clock_realtime() - (int64_t)clock_boottime();
        if (certificate_thumbprint(certificate, daemon->thumbprint) >= 0)
                host->thumbprint = daemon->thumbprint;
}

static int listen_for_clients(Daemon *daemon)
{
        _cleanup_(buf_done) Buf certificate = {.max = PEM_BYTES_MAX};
        _cleanup_(buf_erase) Buf key = {.max = PEM_BYTES_MAX};
        const DaemonConfig *config = daemon->config;
        HttpConfig http = HTTP_CONFIG_DEFAULT;
        const HttpCallbacks callbacks = {
                .on_request = on_request,
                .is_streamed = is_streamed,
                .body_max = body_max,
                .on_gone = on_gone,
                .user = daemon,
        };
        int r;

        r = read_file(config->certificate, &certificate);
        if (r < 0)
                return log_file_error(config->certificate, r);
        r = read_file(config->key, &key);
        if (r < 0)
                return log_file_error(config->key, r);
        http.address = config->address;
        http.port = config->port;
        http.cert_pem = buf_text(&certificate);
        http.key_pem = buf_text(&key);
        http.connections_max = config->connections_max;
        http.connections_per_address_max = config->connections_per_address_max;
        http.body_bytes_max = config->body_bytes_max;
        r = http_server_new(daemon->service.loop, &http, &callbacks, &daemon->http);
        if (r < 0) {
                log_error("cannot listen on %s port %u: %s", config->address, config->port,
                          strerror(-r));
                return r;
        }
        describe_host(daemon, &certificate);
        log_info("listening on https://%s:%u/sdk", config->address, http_server_port(daemon->http));
        return 0;
}

static int describe_service(Daemon *daemon)
{
        char name[256] = "localhost";

        (void)gethostname(name, sizeof(name) - 1);
        daemon->host_name = strdup(name);
        if (asprintf(&daemon->full_name, "guestops " GUESTOPS_VERSION) < 0)
                return -ENOMEM;
        if (!daemon->host_name)
                return -ENOMEM;
        daemon->service.about = (AboutInfo){
                .type = &type_AboutInfo,
                .name = (char *)"guestops",
                .full_name = daemon->full_name,
                .vendor = (char *)"guestops",
                .version = (char *)"8.0.2",
                .build = (char *)GUESTOPS_VERSION,
                .os_type = (char *)"linux-x64",
                .product_line_id =
                        (char *)(strcmp(daemon->config->api_type, "HostAgent") == 0 ? "embeddedEsx"
                                                                                    : "vpx"),
                .api_type = daemon->config->api_type,
                .api_version = (char *)service_releases[0],
        };
        return 0;
}

static int make_inventory(Daemon *daemon)
{
        Service *service = &daemon->service;
        const TransferLimits transfers = {
                .max = daemon->config->transfers_max,
                .max_per_user = daemon->config->transfers_per_user_max,
                .max_per_vm = daemon->config->transfers_per_vm_max,
        };
        GuestConfig guest = GUEST_CONFIG_DEFAULT;
        InventoryCallbacks callbacks;
        int r;

        guest.requests_max = daemon->config->guest_requests_max;
        service->guestops =
                guestops_new(service->loop, &guest, &transfers, daemon->config->guest_deadline);
        if (!service->guestops)
                return -ENOMEM;
        callbacks = guestops_inventory_callbacks(service->guestops);
        r = inventory_new(service->loop, daemon->config->datacenter, daemon->host_name, &callbacks,
                          &service->inventory);
        if (r < 0)
                return r;
        r = inventory_load(service->inventory, daemon->config->vms, loop_now(service->loop));
        if (r == -ENOENT) {
                log_warning("%s does not exist: there are no machines", daemon->config->vms);
                return 0;
        }
        return r < 0 ? log_file_error(daemon->config->vms, r) : 0;
}

static int make_service(Daemon *daemon)
{
        const SessionLimits limits = {
                .idle = daemon->config->session_idle,
                .max = daemon->config->sessions_max,
                .max_per_user = daemon->config->sessions_per_user_max,
        };
        Service *service = &daemon->service;
        int r;

        TAILQ_INIT(&service->logins);
        service->arena_bytes_max = ARENA_BYTES_MAX;
        service->session_calls_max = daemon->config->session_calls_max;
        r = worker_pool_new(service->loop, HASHING_THREADS, HASHES_QUEUED, &service->workers);
        if (r < 0)
                return r;
        service->sessions = sessions_new(service->loop, &limits);
        if (!service->sessions)
                return -ENOMEM;
        r = audit_open(daemon->config->audit, &service->audit);
        if (r < 0)
                return log_file_error(daemon->config->audit, r);
        return make_inventory(daemon);
}

/* Nobody but an administrator needs it. */
static void tell_status(Daemon *daemon)
{
        int r = status_new(&daemon->service, daemon->config, &daemon->status);

        if (r < 0)
                log_warning("%s: %s; there is no status", daemon->config->status, strerror(-r));
}

/* signals */

static void warn_if_changed(const char *what, const char *before, const char *after)
{
        if (strcmp(before, after) != 0)
                log_warning("%s has changed; that takes a restart", what);
}

/* What cannot be read leaves all as it was. */
static void reload(Daemon *daemon, Usec now)
{
        _cleanup_(daemon_config_freep) DaemonConfig *config = NULL;
        _cleanup_(users_freep) Users *before = daemon->service.users;
        int r;

        r = daemon_config_load(daemon->options.config, daemon->options.config_required, &config);
        if (r < 0 || load_users(daemon, false) < 0) {
                log_error("the configuration is left as it was");
                daemon->service.users = moved(before);
                return;
        }
        sessions_apply_users(daemon->service.sessions, before, daemon->service.users);
        warn_if_changed("[http] address", daemon->config->address, config->address);
        warn_if_changed("[service] state", daemon->config->state, config->state);
        warn_if_changed("[service] status", daemon->config->status, config->status);
        if (daemon->config->port != config->port)
                log_warning("[http] port has changed; that takes a restart");
        free(daemon->config->log_level);
        free(daemon->config->vms);
        daemon->config->log_level = moved(config->log_level);
        daemon->config->vms = moved(config->vms);
        apply_log_level(daemon);
        r = audit_reopen(daemon->service.audit);
        if (r < 0)
                (void)log_file_error(daemon->config->audit, r);
        r = inventory_load(daemon->service.inventory, daemon->config->vms, now);
        if (r < 0)
                (void)log_file_error(daemon->config->vms, r);
        log_info("the configuration has been read again");
}

static int on_signal(void *user, int signo, Usec now)
{
        Daemon *daemon = user;

        if (signo == SIGHUP) {
                reload(daemon, now);
                return 0;
        }
        log_info("signal %d: the daemon ends", signo);
        daemon->ends = true;
        /* Requests in flight are answered, as their machines go; then some time to send it. */
        inventory_clear(daemon->service.inventory, now);
        return loop_timer_set(daemon->service.loop, &daemon->farewell, now + FAREWELL_USEC);
}

static int on_farewell(LoopTimer *timer, Usec now)
{
        (void)now;
        loop_quit(container_of(timer, Daemon, farewell)->service.loop);
        return 0;
}

/* life */

static int build(Daemon *daemon)
{
        static const int signals[] = {SIGHUP, SIGINT, SIGTERM};
        int r;

        r = daemon_config_load(daemon->options.config, daemon->options.config_required,
                               &daemon->config);
        if (r < 0)
                return r;
        apply_log_level(daemon);
        r = loop_new(&daemon->service.loop);
        if (r >= 0)
                r = loop_on_signals(daemon->service.loop, signals, ELEMENTS(signals), on_signal,
                                    daemon);
        if (r >= 0)
                r = describe_service(daemon);
        if (r >= 0)
                r = make_state(daemon);
        if (r >= 0)
                r = load_users(daemon, true);
        if (r >= 0)
                r = make_service(daemon);
        if (r >= 0)
                r = listen_for_clients(daemon);
        if (r >= 0)
                tell_status(daemon);
        return r;
}

int daemon_new(const DaemonOptions *options, Daemon **ret)
{
        _cleanup_(daemon_freep) Daemon *daemon = calloc(1, sizeof(*daemon));
        int r;

        if (!daemon)
                return -ENOMEM;
        daemon->options = *options;
        daemon->farewell.on_due = on_farewell;
        json_read_init();
        (void)signal(SIGPIPE, SIG_IGN);
        (void)umask(0077);
        limits_raise_descriptors();
        r = build(daemon);
        if (r < 0)
                return r;
        *ret = moved(daemon);
        return 0;
}

int daemon_run(Daemon *daemon)
{
        return loop_run(daemon->service.loop);
}

Daemon *daemon_free(Daemon *daemon)
{
        if (!daemon)
                return NULL;
        status_free(daemon->status);
        http_server_free(daemon->http); /* what is still parked is given up */
        inventory_free(daemon->service.inventory);
        guestops_free(daemon->service.guestops);
        worker_pool_free(daemon->service.workers);
        sessions_free(daemon->service.sessions);
        audit_close(daemon->service.audit);
        users_free(daemon->service.users);
        loop_free(daemon->service.loop);
        daemon_config_free(daemon->config);
        free(daemon->host_name);
        free(daemon->full_name);
        free(daemon);
        return NULL;
}
