/* Tracebacks through the engine name its files, wherever the current directory is.

   Cython makes a code object for each place from which an error is passed on. It keeps them by line number, which is not
   enough where a module is made of several files, unless the line of the C file is asked for as well; then that line is
   written behind the name of the function, in brackets. Here it is taken away again, and the file's name completed. */

#pragma once

static char sources_root[4096]; /* the folder that the files' names begin from, with a slash at its end */

static PyCodeObject *code_for_traceback(const char *file, const char *function, int line) {
    char path[8192], name[512];
    const char *end = strstr(function, " (");
    snprintf(name, sizeof name, "%.*s", end ? (int)(end - function) : (int)strlen(function), function);
    snprintf(path, sizeof path, "%s%s", file[0] == '/' ? "" : sources_root, file);
    return PyCode_NewEmpty(path, name, line);
}

#define PyCode_NewEmpty code_for_traceback
