/* The byte stream between a hosted board and its bridge (lib/bridge/src/byte_stream.cpp, docs/bridge.md): sessions with
 * tokens, and go-back-N below them, over two lines that keep their order and lose packets.
 *
 * Checked: a byte that is taken was written in the session that its receiver is in, and is the next one of it; an
 * acknowledgement is about the session that it arrives in. With FAULTS: when faults end, everything arrives.
 *
 * A packet carries, beside what is on the wire, who wrote it (ghost fields), for the assertions only.
 *
 *   BYTES_0, BYTES_1  written by each end in each session
 *   WINDOW  bytes on their way, at most MODULUS / 2
 *   LIVES   beginnings of each end by itself          FLIGHT  packets on each line
 *   FAULTS  progress: losses and new beginnings together, at most so many; without it losses have no bound
 */
#ifndef BYTES_0
#define BYTES_0 2
#endif
#ifndef BYTES_1
#define BYTES_1 0
#endif
#ifndef WINDOW
#define WINDOW 1
#endif
#ifndef MODULUS
#define MODULUS (2 * WINDOW + 1)
#endif
#ifndef LIVES
#define LIVES 2
#endif
#ifndef FLIGHT
#define FLIGHT 2
#endif

mtype = { SYNC, DATA };

typedef End {
  byte token;   /* of the present session, counted instead of drawn */
  byte life;    /* how often it began anew, which nobody is told: a ghost */
  byte with;    /* the life of the other end that this session is with: a ghost */
  byte heard;   /* the other end's; 0: not heard */
  bool up;
  byte base;    /* plain numbers: only their remainders are on the wire */
  byte next;
  byte cursor;
  byte wanted;
  bool sync_due;
  bool ack_due;
  bool resend_due;
  bool gap_reported;
};
End end[2];

/* Their token and what they heard (ghosts in DATA), up or resend, position, acknowledgement, and as ghosts the numbers
 * that these are remainders of; whether a byte goes with it. */
chan line_0 = [FLIGHT] of { mtype, byte, byte, bool, byte, byte, byte, byte, bool };
chan line_1 = [FLIGHT] of { mtype, byte, byte, bool, byte, byte, byte, byte, bool };

#ifdef FAULTS
byte faults_left = FAULTS;
#define FAULT (faults_left > 0)
#define COUNT_FAULT faults_left--
byte turn;    /* whose timer is next: without it one end's could fire for ever and the other's never */
#define TIMER (timeout && turn == me)
#define NEXT_TURN turn = 1 - me
#else
#define FAULT true
#define COUNT_FAULT skip
#define TIMER true
#define NEXT_TURN skip
#endif

#ifdef TRACE
#define SAY(text, number) printf(text, me, number)
#else
#define SAY(text, number) skip
#endif

#define E end[me]
#define TO_WRITE(i) ((i) == 0 -> BYTES_0 : BYTES_1)
#define done (end[0].up && end[0].base == BYTES_0 && end[0].wanted == BYTES_1 && \
              end[1].up && end[1].base == BYTES_1 && end[1].wanted == BYTES_0)

inline end_session() {
  assert(E.life < 2 * LIVES);  /* one beginning of this end for each of the other's: they do not drive each other on */
  E.life++; E.heard = 0;
#ifdef MUT_TOKEN_KEPT
  E.token = 1;
#else
  E.token++;
#endif
  E.up = false;
  E.with = 0; E.base = 0; E.next = 0; E.cursor = 0; E.wanted = 0;
  E.sync_due = true; E.ack_due = false; E.resend_due = false; E.gap_reported = false;
  SAY("end %d: begins anew, token %d\n", E.token)
}

inline receive_sync() {
  if
  :: theirs != E.heard || (E.up && ours != E.token) ->
#ifndef MUT_OLD_SESSION_KEPT
       if :: E.up -> end_session() :: else fi;
#endif
       E.heard = theirs; E.sync_due = true
  :: else
  fi;
  if
#ifdef MUT_UP_AT_ONCE
  :: true ->
#else
  :: ours == E.token ->
#endif
       if :: !E.up -> E.up = true; E.with = number; E.ack_due = true; SAY("end %d: up, with the other's token %d\n", E.heard) :: else fi;
       if :: !flag -> E.sync_due = true :: else fi
#ifndef MUT_UP_AT_ONCE
  :: else -> E.sync_due = true
#endif
  fi
}

inline receive_data() {
  if
  :: !E.up
  :: E.up && (ack + MODULUS - E.base % MODULUS) % MODULUS > E.next - E.base -> assert(theirs == E.with && ours == E.life)
  :: E.up && (ack + MODULUS - E.base % MODULUS) % MODULUS <= E.next - E.base ->
       E.base = E.base + (ack + MODULUS - E.base % MODULUS) % MODULUS;
       assert(theirs == E.with && ours == E.life);
       assert(ack_number <= E.base);   /* an acknowledgement completes nothing that was not received */
       if :: E.cursor < E.base -> E.cursor = E.base :: else fi;
#ifdef MUT_NO_RETRY
       skip;
#else
       if :: flag -> E.cursor = E.base :: else fi;
#endif
       ahead = (position + MODULUS - E.wanted % MODULUS) % MODULUS;
       if
#ifdef MUT_NO_GAP_CHECK
       :: payload && ahead <= MODULUS / 2 ->
#else
       :: payload && ahead == 0 ->
#endif
            assert(number == E.wanted);
            SAY("end %d: takes byte %d\n", number); E.wanted++; E.gap_reported = false; E.ack_due = true
#ifndef MUT_NO_GAP_CHECK
       :: ahead != 0 && ahead <= MODULUS / 2 ->
            if :: !E.gap_reported -> E.resend_due = true :: else fi;
            E.gap_reported = true
#endif
       :: payload && ahead > MODULUS / 2 -> E.ack_due = true
       :: else
       fi
  fi
}

inline produce(out) {
  if
  :: E.sync_due || !E.up ->
       out ! SYNC, E.token, E.heard, E.up, 0, 0, E.life, 0, false;
       SAY("end %d: says sync, heard %d\n", E.heard);
       E.sync_due = false
  :: else ->
       payload = E.cursor < E.next && E.cursor < E.base + WINDOW;
       out ! DATA, E.life, E.with, E.resend_due, E.cursor % MODULUS, E.wanted % MODULUS, E.cursor, E.wanted, payload;
       SAY("end %d: says data, position %d\n", E.cursor % MODULUS);
       E.cursor = E.cursor + payload;
       E.resend_due = false; E.ack_due = false
  fi;
  payload = false
}

#define SENDABLE (E.cursor < E.next && E.cursor < E.base + WINDOW)
#define HAS_OUTPUT (E.sync_due || (E.up && (E.ack_due || E.resend_due || SENDABLE)))

proctype Run(byte me; chan in; chan out) {
  byte begun; mtype kind; byte theirs, ours, position, ack, number, ack_number, ahead; bool flag, payload;
  atomic { begun = 1; end_session() }
end_of_run:
  do
  :: atomic { nempty(in) ->
       in ? kind, theirs, ours, flag, position, ack, number, ack_number, payload;
       if :: kind == SYNC -> receive_sync() :: else -> receive_data() fi;
       theirs = 0; ours = 0; flag = false; position = 0; ack = 0; number = 0; ack_number = 0; ahead = 0; payload = false
     }
  :: atomic { E.up && E.next < TO_WRITE(me) -> E.next++ }
  :: atomic { HAS_OUTPUT && nfull(out) -> produce(out) }
  /* Timers: a sync, or what is not acknowledged again; a sign of life finds a lost last byte or acknowledgement. */
  :: atomic { TIMER && nfull(out) && !done -> NEXT_TURN;
#ifndef MUT_NO_RETRY
       E.cursor = E.base;
#endif
       produce(out) }
  /* A packet is lost or damaged. */
  :: atomic { FAULT && nempty(in) -> COUNT_FAULT; SAY("end %d: loses a packet%c\n", '.');
       in ? kind, theirs, ours, flag, position, ack, number, ack_number, payload;
       theirs = 0; ours = 0; flag = false; position = 0; ack = 0; number = 0; ack_number = 0; payload = false
     }
#ifndef FAULTS
  :: atomic { E.up -> E.resend_due = true; E.gap_reported = true }
#endif
  /* It restarts, or judges silence. */
  :: atomic { FAULT && E.life < LIVES -> COUNT_FAULT; begun++; end_session() }
  od
}

init { atomic { run Run(0, line_1, line_0); run Run(1, line_0, line_1) } }

#ifdef FAULTS
ltl arrives { [] <> done }
#endif
