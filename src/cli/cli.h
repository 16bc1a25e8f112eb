#pragma once

/*
 * What the commands of guestops(1) share. Each command is given its name in argv[0] and returns an
 * exit status.
 */

#include "base/buf.h"

#include <jansson.h>

#define CLI_WRONG 1 /* something is wrong, or failed */
#define CLI_USAGE 2 /* it was not understood */

#define STATUS_SOCKET "/run/guestops/status.sock"

int command_attach(int argc, char **argv);
int command_detach(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_status(int argc, char **argv);

/*
 * Texts come from guests and from whoever may define machines: in a line of the terminal, control
 * characters are '?'.
 */
void cli_put(const char *fmt, ...) _printf_(1, 2);
/* "guestops: THING: cause". Return: CLI_WRONG. */
int cli_complain(const char *thing, const char *cause);

/* Return: the text of a member of an object, or NULL. */
const char *cli_text(const json_t *object, const char *name);
/* Return: how many items a member has that is an array. */
size_t cli_count(const json_t *object, const char *name);
/* The items of such a member that are texts, with a comma between. */
void cli_join(Buf *out, const json_t *object, const char *name);

/**
 * cli_ask_status() - the daemon's status document
 * @path:       of its socket
 *
 * Return: 0, or a negative errno: of connect(2), -ETIMEDOUT, -EBADMSG for what is no such document.
 */
int cli_ask_status(const char *path, json_t **ret);

/* What a machine of that document may be called by. */
bool cli_machine_is(const json_t *machine, const char *name);

/* Return: what is wrong with the machine in a word, or NULL. */
const char *cli_machine_problem(const json_t *machine);

/* Becomes guestops-libvirt. Return: an exit status, where that failed. */
int cli_become_helper(char **argv);

/**
 * cli_ask_helper() - what guestops-libvirt says, which is a JSON object
 * @argv:       its arguments, its own name first; ended by NULL
 * @ret_said:   what it has said on standard error; also where it fails
 *
 * Return: 0; -ENOENT where it is not installed, -ETIMEDOUT where it does not end, -EIO where it
 * failed.
 */
int cli_ask_helper(const char *const *argv, json_t **ret, char **ret_said);
