/* Vectors, start-up and the emulator's calls for the ESP8266's core (call0 ABI, no register windows). */

    .section .vectors, "ax"
    .align 1024
vectors:
    .org vectors + 0x10     /* debug */
1:  j       1b
    .org vectors + 0x20     /* non-maskable interrupt */
1:  j       1b
    .org vectors + 0x30     /* exception or level-1 interrupt, kernel mode */
    j       exception
    .org vectors + 0x50     /* ... user mode */
    j       exception
    .org vectors + 0x70     /* double exception */
1:  j       1b
    .org vectors + 0x80

    .section .text.start, "ax"
    .literal_position

/* Keeps what a C++ function may change on the interrupted stack, and calls on_level_1_interrupt(). */
    .align  4
exception:
    addi    a1, a1, -64
    s32i    a0, a1, 0
    rsr     a0, exccause
    bnei    a0, 4, fault    /* 4: a level-1 interrupt */
    s32i    a2, a1, 4
    s32i    a3, a1, 8
    s32i    a4, a1, 12
    s32i    a5, a1, 16
    s32i    a6, a1, 20
    s32i    a7, a1, 24
    s32i    a8, a1, 28
    s32i    a9, a1, 32
    s32i    a10, a1, 36
    s32i    a11, a1, 40
    rsr     a2, sar
    s32i    a2, a1, 44
    call0   on_level_1_interrupt
    l32i    a2, a1, 44
    wsr     a2, sar
    l32i    a2, a1, 4
    l32i    a3, a1, 8
    l32i    a4, a1, 12
    l32i    a5, a1, 16
    l32i    a6, a1, 20
    l32i    a7, a1, 24
    l32i    a8, a1, 28
    l32i    a9, a1, 32
    l32i    a10, a1, 36
    l32i    a11, a1, 40
    l32i    a0, a1, 0
    addi    a1, a1, 64
    rfe

fault:
    addi    a2, a0, 64      /* the emulator's exit status tells the cause */
    j       emulator_exit

    .global start
    .align  4
start:
    movi    a0, 0
    wsr     a0, intenable
    movi    a1, stack_top
    movi    a0, vectors
    wsr     a0, vecbase
    movi    a0, 0x20        /* user mode, all interrupt levels open */
    wsr     a0, ps
    rsync
    movi    a2, zero_begin
    movi    a3, zero_end
    movi    a4, 0
1:  bgeu    a2, a3, 2f
    s32i    a4, a2, 0
    addi    a2, a2, 4
    j       1b
2:  call0   start_program
3:  j       3b

/* void emulator_exit(int status) */
    .global emulator_exit
    .align  4
emulator_exit:
    mov     a3, a2
    movi    a2, 1
    simcall
1:  j       1b

/* int emulator_argument_count() */
    .global emulator_argument_count
    .align  4
emulator_argument_count:
    movi    a2, 1000
    simcall
    ret

/* size_t emulator_arguments_size() */
    .global emulator_arguments_size
    .align  4
emulator_arguments_size:
    movi    a2, 1001
    simcall
    ret

/* void emulator_arguments(void* to) */
    .global emulator_arguments
    .align  4
emulator_arguments:
    mov     a3, a2
    movi    a2, 1002
    simcall
    ret
