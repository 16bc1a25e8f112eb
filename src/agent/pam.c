#include "agent/pam.h"

#include <dlfcn.h>
#include <security/pam_appl.h>

#define LIBPAM "libpam.so.0"

static struct {
        typeof(pam_start) *start;
        typeof(pam_set_item) *set_item;
        typeof(pam_authenticate) *authenticate;
        typeof(pam_acct_mgmt) *acct_mgmt;
        typeof(pam_end) *end;
        typeof(pam_strerror) *strerror;
} pam;

static int load(const char **ret_detail)
{
        const struct {
                const char *name;
                void **at;
        } symbols[] = {
                {"pam_start", (void **)&pam.start},
                {"pam_set_item", (void **)&pam.set_item},
                {"pam_authenticate", (void **)&pam.authenticate},
                {"pam_acct_mgmt", (void **)&pam.acct_mgmt},
                {"pam_end", (void **)&pam.end},
                {"pam_strerror", (void **)&pam.strerror},
        };
        void *library;

        if (pam.end)
                return 0;
        library = dlopen(LIBPAM, RTLD_NOW | RTLD_LOCAL);
        if (!library) {
                *ret_detail = LIBPAM " cannot be loaded";
                return -EIO;
        }
        for (size_t i = 0; i < ELEMENTS(symbols); i++) {
                *symbols[i].at = dlsym(library, symbols[i].name);
                if (!*symbols[i].at) {
                        *ret_detail = LIBPAM " lacks a function";
                        return -EIO;
                }
        }
        return 0;
}

typedef struct Talk {
        const char *user, *password;
} Talk;

static void free_responses(struct pam_response *responses, int n)
{
        for (int i = 0; i < n; i++)
                if (responses[i].resp) {
                        explicit_bzero(responses[i].resp, strlen(responses[i].resp));
                        free(responses[i].resp);
                }
        free(responses);
}

/* Hidden questions get the password, open ones the name; messages are nobody's here. */
static int converse(int n, const struct pam_message **messages, struct pam_response **ret,
                    void *user)
{
        const Talk *talk = user;
        struct pam_response *responses;

        if (n <= 0 || n > PAM_MAX_NUM_MSG)
                return PAM_CONV_ERR;
        responses = calloc((size_t)n, sizeof(*responses));
        if (!responses)
                return PAM_BUF_ERR;
        for (int i = 0; i < n; i++) {
                const char *text = NULL;

                if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF)
                        text = talk->password;
                else if (messages[i]->msg_style == PAM_PROMPT_ECHO_ON)
                        text = talk->user;
                else
                        continue;
                responses[i].resp = text ? strdup(text) : NULL;
                if (!responses[i].resp) {
                        free_responses(responses, n);
                        return PAM_CONV_ERR;
                }
        }
        *ret = responses;
        return PAM_SUCCESS;
}

/* In place of libpam's sleep. The monitor waits as long for every refusal, whatever its reason. */
static void ignore_delay(int status, unsigned int usec, void *user)
{
        (void)status;
        (void)usec;
        (void)user;
}

void pam_warm_up(const char *service)
{
        static const struct pam_conv silent = {.conv = converse};
        static pam_handle_t *held; /* never ended: it holds the modules, and no secret */
        const char *detail;

        if (load(&detail) >= 0)
                (void)pam.start(service, NULL, &silent, &held);
}

static bool is_broken(int status)
{
        static const int broken[] = {
                PAM_OPEN_ERR, PAM_SYMBOL_ERR, PAM_SERVICE_ERR, PAM_SYSTEM_ERR,
                PAM_BUF_ERR,  PAM_CONV_ERR,   PAM_ABORT,
        };

        for (size_t i = 0; i < ELEMENTS(broken); i++)
                if (broken[i] == status)
                        return true;
        return false;
}

int pam_check(const char *service, const char *user, const char *password, const char **ret_detail)
{
        Talk talk = {.user = user, .password = password};
        const struct pam_conv conversation = {.conv = converse, .appdata_ptr = &talk};
        pam_handle_t *handle = NULL;
        void (*delay)(int, unsigned int, void *) = ignore_delay;
        int status, r;

        *ret_detail = NULL;
        r = load(ret_detail);
        if (r < 0)
                return r;
        status = pam.start(service, user, &conversation, &handle);
        if (status == PAM_SUCCESS)
                status = pam.set_item(handle, PAM_FAIL_DELAY, *(const void **)&delay);
        if (status == PAM_SUCCESS && password)
                status = pam.authenticate(handle, 0);
        if (status == PAM_SUCCESS)
                status = pam.acct_mgmt(handle, 0);
        if (status != PAM_SUCCESS)
                *ret_detail = pam.strerror(handle, status);
        if (handle)
                pam.end(handle, status);
        if (status == PAM_SUCCESS)
                return 0;
        return is_broken(status) ? -EIO : -EACCES;
}
