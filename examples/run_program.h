/* examples/run_program.h - runs another program with its input from one file and its output to
 * another. There is no shell in between: paths are what they are, quotes and all.
 * SPDX-License-Identifier: MIT */
#ifndef RUN_PROGRAM_H
#define RUN_PROGRAM_H

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>

extern char **environ;

/* 0 when the program was found and ended with 0; words[] are its name and arguments, then NULL */
static inline int run_program(const char *const words[], const char *in, const char *out)
{
    posix_spawn_file_actions_t files;
    pid_t child;
    int status = -1;
    if (posix_spawn_file_actions_init(&files)) return -1;
    int bad = posix_spawn_file_actions_addopen(&files, 0, in, O_RDONLY, 0)
        || posix_spawn_file_actions_addopen(&files, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    fflush(stdout);
    if (!bad) bad = posix_spawnp(&child, words[0], &files, NULL, (char *const *)words, environ);
    if (!bad && waitpid(child, &status, 0) != child) status = -1;
    posix_spawn_file_actions_destroy(&files);
    return status;
}

/* whether there is such a program: asked for its version it answers */
static inline int have_program(const char *name, const char *version)
{
    return run_program((const char *[]){ name, version, NULL }, "/dev/null", "/dev/null") == 0;
}

#endif
