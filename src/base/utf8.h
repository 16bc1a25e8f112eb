#pragma once

/*
 * UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
 */

#include "base/base.h"

/* Return: whether all @size bytes are well-formed. A NUL byte is well-formed here. */
bool utf8_is_valid(const char *text, size_t size);

#define UTF8_CHARACTER_MAX 4 /* bytes */

/*
 * Return: the bytes of the character that the NUL-terminated @text begins with; 0 where it is not
 * well-formed, or is one that XML 1.0 may not hold (NUL among them).
 */
size_t utf8_character(const char *text);

/**
 * utf8_defuse() - make bytes that the guest chose fit for JSON and XML
 * @text:       NUL-terminated, changed in place
 *
 * Every byte that is not part of well-formed UTF-8, and every character that XML 1.0 may not
 * hold, becomes '?'.
 */
void utf8_defuse(char *text);

/*
 * As utf8_defuse(), for one line of a terminal: nothing is left that would end the line, move the
 * cursor, or turn the direction of writing.
 */
void utf8_defuse_line(char *text);
