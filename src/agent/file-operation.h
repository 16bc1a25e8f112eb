#pragma once

/*
 * What operations on files share: each is one function that runs in a worker, as the user, and
 * ends with a result or a fault.
 */

#include "agent/operation.h"

/**
 * FileAct - carries an operation out, in the worker
 * @params: of the operation's own type; paths in them are as clients spell them, see guest-path.h
 * @ret:    a variable of the method's form, in the arena; left alone by methods without a result
 *
 * The working directory is "/", so that is what relative paths begin at.
 *
 * Return: 0, or a negative errno with a fault raised.
 */
typedef int (*FileAct)(const void *params, Arena *arena, Fault *fault, const void **ret);

/* Has a worker do @act, and ends the operation with what comes of it. Like OperationRow.run(). */
int file_operation_run(Operation *operation, FileAct act, Usec now);

/* Raises InvalidArgument where a required path is empty. */
int file_operation_check_path(Operation *operation, const char *property, const char *path);

/*
 * Raises the fault for what the kernel said of @path. @error: an errno, of either sign.
 *
 * Return: always negative.
 */
int file_fault(Fault *fault, Arena *arena, const char *path, int error);
