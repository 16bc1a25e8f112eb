#pragma once

/*
 * Extended attributes, access control lists among them.
 *
 * Has @to have those of @from, and no access control list that it was born with. What a file
 * system or a security module says of its files is kept where the new place takes it.
 * @from, @to: may be of O_PATH
 *
 * Return: 0 or a negative errno.
 */
int file_copy_xattrs(int from, int to);

/* Has @to have the access control list of @from, or none where that has none. The same otherwise.
 */
int file_copy_access(int from, int to);
