/* Protocol 2 of Tautline: one client id, one server record, any number of connections.
 *
 * The rule names (H1..H7, S1..S3, R1..R3) are those of the protocol document, section 2. Every rule
 * is one inline below, so that a rule and its model can be read side by side. README.md tells what
 * is abstracted; `run` holds the list of settings and mutations.
 *
 * Sizes:    LINES_C lines the client application writes in each life, LINES_S lines the server
 *           application writes, LIVES client lives (power cycles + 1), W the window,
 *           CONNS connections the server knows at the same time, FLIGHT lines in flight a direction.
 * Variants: INBOX=n    the server's inbox holds n lines, and the application may be slow to read
 *           FLASH      the client keeps (sid, ack) over a power cycle
 *           RAM=n      the server keeps no store: it is restarted n times and forgets everything
 *           ROLLBACK   one old copy of the store is restored, once; with MARKED the operator says so
 *           TAKE_AT_ONCE  the client's application never leaves a received line waiting
 *           KEEP_FENCED  connections of older generations stay until they read a line
 *           GENS=n     generations are plain numbers up to n and the server's clock is not trusted
 *                      (without it they are unbounded: see compact_generations)
 *           FAULTS=n   progress run: n faults, then everything must arrive
 * Mutations: each -DMUT_... removes or bends one rule, and must be refuted.
 */
#ifndef LINES_C
#define LINES_C 2
#endif
#ifndef LINES_S
#define LINES_S 2
#endif
#ifndef LIVES
#define LIVES 2
#endif
#ifndef W
#define W 1
#endif
#ifndef CONNS
#define CONNS 2
#endif
#ifndef FLIGHT
#define FLIGHT 2
#endif

#define MAX(a, b) ((a) > (b) -> (a) : (b))
#define MIN(a, b) ((a) < (b) -> (a) : (b))

/* A line is { type, first number, second number, ghost }. The ghost is not on the wire: it tells the
 * observers in which life (D of the client) the line was written; in a client's GO it is 1 if the GO brings
 * an epoch and 0 for `-`. A gen and an epoch travel once a connection, so they stand beside the
 * connection (k_gen, k_epoch). */
mtype = { HELLO, HI, GO, D, A, R };
chan to_server[CONNS] = [FLIGHT] of { mtype, byte, byte, byte };
chan to_client = [FLIGHT] of { mtype, byte, byte, byte };

/* ---- The server's record of this client. Durable, unless RAM or ROLLBACK says otherwise. ---- */
byte st_cur = 0;                   /* adopted generation: the fencing token */
byte st_epoch = 0;                 /* 0: none */
byte st_sid = 1;
byte st_rx = 0;                    /* last client line in the inbox */
byte st_base = 1, st_next = 1;     /* outbox: oldest unacknowledged, next to assign */
#ifdef INBOX
byte st_unread = 0;                /* lines in the inbox */
#endif

/* ---- The server's side of each connection (volatile). The client, if it has a connection at all, is on
 * connection 0; the others are half-open: the client left, the server has yet to read what was sent. ---- */
#define FREE 0
#define ACCEPTED 1                 /* nothing read yet */
#define OFFERED 2                  /* HI sent */
#define OPEN 3                     /* GO sent */
byte k_phase[CONNS], k_gen[CONNS], k_epoch[CONNS];
byte k_cursor, k_sent;
bit k_nak;
#ifdef INBOX
byte k_floor;               /* the start of the client's GO: what the client knows acknowledged */
#endif

/* ---- The client (volatile) ---- */
#define IDLE 0
#define HELLO_SENT 1
#define GO_SENT 2                  /* 3 is OPEN, as above */
byte c_phase = IDLE;
#define CLIENT_ON(k) (k == 0 && c_phase != IDLE)
byte c_epoch = 0, c_sid = 0;       /* 0: none */
byte c_base = 1, c_next = 1, c_cursor = 1, c_sent = 0;
byte c_rx = 0, c_ack = 0;          /* `-` is 0: numbers do not wrap here */
bit c_nak = 0;

/* ---- Observers: what the applications saw, read by assertions only ---- */
byte life = 1;
byte stored_life = 1, stored = 0;  /* last line in the server's inbox, and the life that wrote it */
byte taken = 0;                    /* highest line the client's application took, over all lives */
byte taken_last = 0;               /* the last it took in this life; 0: none yet */
byte returned = 0;                 /* highest server write that returned */

#ifdef RAM
byte restarts_left = RAM;
#endif
#ifdef ROLLBACK
byte copy_state = 0;               /* 0 none yet, 1 copied, 2 restored */
byte copy_cur, copy_epoch, copy_rx, copy_base, copy_next, copy_stored_life, copy_stored;
byte lost_life = 0, lost_to = 0;   /* client lines the newer store had */
bit undetected = 0;                /* restored, not marked, and no handshake has looked at it yet */
#endif
#ifdef MUT_ACK_BEFORE_STORE
byte volatile_rx = 0;
#endif

#ifdef FAULTS
byte faults_left = FAULTS;
#define FAULT_ALLOWED (faults_left > 0)
#define COUNT_FAULT faults_left--
#else
#define FAULT_ALLOWED true
#define COUNT_FAULT skip
#endif

/* Scratch, alive inside one d_step only; hidden variables are not part of a state. (The breadth-first search
 * of `run --trace` can't have hidden ones.) */
#ifdef TRACE
#define hidden
#endif
hidden byte i_, v_, used_, x, y, ghost, excess_;
hidden mtype type;

/* ================================ generations ================================
 * Rules compare generations for order and equality and form cur+1 only, and in a store that never goes
 * back no generation exceeds cur+1. So renumbering them without gaps after each step that forgets one keeps
 * every run possible, and makes the number of connections unbounded in a finite state space. Where the
 * store goes back (GENS) the distances matter: there they stay plain numbers, with a limit. */
#ifdef GENS
#define GEN_AVAILABLE (st_cur < GENS)
inline compact_generations() { skip }
#else
#define GEN_AVAILABLE true
inline lower(gen) { if :: gen > v_ -> gen-- :: else fi }
inline compact_generations() {
  v_ = 2 * CONNS + 4;
  do
  :: v_ > 0 ->
       used_ = (st_cur == v_ || st_epoch == v_ || c_epoch == v_);
       i_ = 0; do :: i_ < CONNS -> used_ = (used_ || k_gen[i_] == v_ || k_epoch[i_] == v_); i_++ :: else -> break od;
       if
       :: used_
       :: else ->
            lower(st_cur); lower(st_epoch); lower(c_epoch);
            i_ = 0; do :: i_ < CONNS -> lower(k_gen[i_]); lower(k_epoch[i_]); i_++ :: else -> break od
       fi;
       v_--
  :: else -> break
  od;
  v_ = 0 }
#endif

/* ================================ connections ================================ */
inline drain(channel) { do :: len(channel) > 0 -> channel?_, _, _, _ :: else -> break od }

/* A line to the client: gone if the client left this connection, or if nothing more fits in flight. */
#define CLIENT_READS (CLIENT_ON(k) && nfull(to_client))
#define SERVER_READS (k_phase[0] != FREE && nfull(to_server[0]))

#if CONNS == 2
#define PLACE_FREE (k_phase[0] == FREE || k_phase[1] == FREE)
#else
#define PLACE_FREE (k_phase[0] == FREE || k_phase[1] == FREE || k_phase[2] == FREE)
#endif

inline drop_connection(k) { k_phase[k] = FREE; k_gen[k] = 0; k_epoch[k] = 0; drain(to_server[k]) }

inline forget_sending() {
  k_cursor = 0; k_sent = 0; k_nak = 0;
#ifdef INBOX
  k_floor = 0;
#endif
}

/* The server closes: what it had not read is gone; the client finds out later, or never. */
inline server_close(k) {
  k_phase[k] = FREE; drain(to_server[k]);
  if
  :: CLIENT_ON(k) -> forget_sending()
  :: else -> drop_connection(k)
  fi }

/* A half-open connection with nothing left to read (or only a hello, whose answer nobody reads) can do
 * nothing more: the model closes it at once. */
inline close_if_useless(k) {
  if
  :: !CLIENT_ON(k) && (len(to_server[k]) == 0 || k_phase[k] == ACCEPTED) -> drop_connection(k)
  :: else
  fi }

/* The client closes: the server may still read what was sent, any time later (half-open). */
inline client_close() {
  drain(to_client); forget_sending();
  c_phase = IDLE; c_sent = 0; c_cursor = c_base; c_nak = 0;
  close_if_useless(0) }

inline close_all_server_connections() {
  v_ = 0;
  do :: v_ < CONNS -> if :: k_phase[v_] != FREE -> server_close(v_) :: else fi; v_++ :: else -> break od }

/* ================================ what is checked ================================ */

/* Lines the newer store had, and the copy restored over it may lack. */
#ifdef ROLLBACK
#define LOST_WITH_STORE(of_life, line) ((of_life) == lost_life && (line) <= lost_to)
#else
#define LOST_WITH_STORE(of_life, line) false
#endif

/* The server's application: each line once, in order, without a gap, and nothing of an older life after a
 * newer one. A server without a store may see a line again, but only one whose write has not returned. */
inline observe_stored(line, of_life) {
  assert(of_life >= stored_life);
  if :: of_life > stored_life -> stored_life = of_life; stored = 0 :: else fi;
#ifdef RAM
  assert(line <= stored + 1);
  assert(of_life != life || line >= c_base);
  stored = MAX(stored, line);
#else
#ifdef ROLLBACK
  assert(line == stored + 1 || (line > stored + 1 && LOST_WITH_STORE(of_life, line - 1)));
#else
  assert(line == stored + 1);
#endif
  stored = line;
#endif
}

/* A client write returns: the line is in the server's keeping. */
inline observe_client_write_returned(upto) {
  if
  :: upto >= c_base -> assert((stored_life == life && stored >= upto) || LOST_WITH_STORE(life, upto))
  :: else
  fi }

/* A server write returns: the client's application took the line. */
inline observe_server_write_returned(upto) {
  assert(upto < st_next);
  assert(taken >= upto);
  returned = MAX(returned, upto) }

/* The client's application: in order, without a gap; after a power cycle again only lines whose write has
 * not returned, and with FLASH none at all. */
inline observe_taken(line) {
  if
  :: c_sid != st_sid && c_sid != 0                       /* a line of a record that is no more */
  :: else ->
#ifdef FLASH
       assert(line == taken + 1);
#else
       if
       :: taken_last > 0 -> assert(line == taken_last + 1)
       :: else -> assert(line <= taken + 1 && line > returned)
       fi;
#endif
       taken_last = line; taken = MAX(taken, line)
  fi }

/* ================================ the client's rules ================================ */

inline client_forgets_received() { c_rx = 0; c_ack = 0 }

/* H1: one connection at a time, the old one closed first; then hello. */
inline H1_connect() {
  if
  :: k_phase[0] != FREE ->                               /* half-open: it moves to a free place */
       i_ = 1; do :: k_phase[i_] != FREE -> i_++ :: else -> break od;
       k_phase[i_] = k_phase[0]; k_gen[i_] = k_gen[0]; k_epoch[i_] = k_epoch[0];
       do :: len(to_server[0]) > 0 -> to_server[0]?type, x, y, ghost; to_server[i_]!type, x, y, ghost :: else -> break od;
       drop_connection(0);
       printf("       (the half-open connection 0 is called %d from here on)\n", i_)
  :: else
  fi;
  k_phase[0] = ACCEPTED; c_phase = HELLO_SENT;
  to_server[0]!HELLO, 0, 0, 0;
  printf("client: life %d, opens connection 0, > TL2\n", life) }

/* H3: a sid it does not remember means a record that knows nothing of rx and ack. */
inline H3_on_hi(sid) {
#ifdef MUT_NO_SID_CHECK
  c_sid = sid;
#else
  if :: c_sid != sid -> c_sid = sid; client_forgets_received(); taken_last = 0 :: else fi;
#endif
  k_epoch[0] = (c_epoch == 0 -> k_gen[0] : c_epoch);
  c_phase = GO_SENT;
  printf("client: < HI %d sid %d, > GO %d ack %d start %d epoch %d\n",
    k_gen[0], sid, k_gen[0], c_ack, c_base - 1, c_epoch);
  if :: SERVER_READS -> to_server[0]!GO, c_ack, c_base - 1, (c_epoch != 0) :: else fi }

/* H7, client: the server's ack can't be true, so its record went back. Start a new epoch, keep the queue. */
#ifdef ROLLBACK
#define ACK_IMPOSSIBLE(ack) ((ack) + 1 < c_base || (ack) >= c_next)
#else
#define ACK_IMPOSSIBLE(ack) false
#endif
inline H7_client_new_epoch() {
  printf("client: > BYE epoch\n");
  c_epoch = 0; c_sid = 0; client_forgets_received(); taken_last = 0;
  client_close(); compact_generations() }

/* H5: only now the epoch is fixed; a receiver that knows less than the sender freed starts there. */
inline H5_on_go(ack, start) {
  c_epoch = k_epoch[0];
#ifdef ROLLBACK
#ifdef MUT_NO_H7_CLIENT
  if :: !ACK_IMPOSSIBLE(ack) -> observe_client_write_returned(ack); c_base = ack + 1 :: else fi;
#else
  observe_client_write_returned(ack); c_base = ack + 1;
#endif
#else
  assert(c_base - 1 <= ack && ack < c_next);             /* H7 never strikes a store that never went back */
  observe_client_write_returned(ack); c_base = ack + 1;
#endif
  c_cursor = c_base; c_sent = c_base - 1; c_nak = 0;
#ifndef MUT_NO_JUMP
  if :: start > c_ack -> c_rx = start; c_ack = start :: else fi;
#endif
  c_phase = OPEN }

/* S2, client. In a legal run the bound never closes a connection, hence an assertion. */
inline S2_client(ack) {
#ifdef MUT_TIGHT_S2
  assert(c_base - 1 <= ack && ack <= c_sent);
#else
  assert(c_base - 1 <= ack && ack < c_next);
#endif
  observe_client_write_returned(ack);
  c_base = ack + 1; c_sent = MAX(c_sent, ack);
#ifndef MUT_NO_CURSOR_MAX
  c_cursor = MAX(c_cursor, c_base)
#endif
}

inline client_sends_R() {
  if
  :: SERVER_READS -> to_server[0]!R, c_rx + 1, 0, 0; c_nak = 1; printf("client: > R%d\n", c_rx + 1)
  :: else
  fi }

inline R1_client(seq) {
  if
  :: seq == c_rx + 1 ->
       c_rx = seq; c_nak = 0;
       assert(c_rx - c_ack <= W);                        /* the window holds: a receive slot was free */
#ifdef MUT_ACK_ON_RECEIPT
       c_ack = c_rx;
#endif
#ifdef TAKE_AT_ONCE
       c_ack = c_rx; observe_taken(c_ack);
#endif
  :: seq > c_rx + 1 ->
#ifdef MUT_NO_GAP_CHECK
       c_rx = seq
#else
       if :: !c_nak -> client_sends_R() :: else fi
#endif
  :: else                                                /* a duplicate */
  fi }

inline R2_client(sent) {
#ifdef MUT_NO_SENT_IN_A
  skip
#else
#ifdef MUT_R2_OBEYS_NAK
  if :: sent > c_rx && !c_nak -> client_sends_R() :: else fi
#else
  if :: sent > c_rx -> client_sends_R() :: else fi
#endif
#endif
}

inline S3_client(seq) {
  assert(c_base <= seq && seq <= c_sent + 1);
  c_cursor = seq }

inline client_reads() {
  to_client?type, x, y, ghost;
  printf("client: < %e %d %d\n", type, x, y);
  if
  :: type == HI && c_phase == HELLO_SENT -> H3_on_hi(x)
  :: type == GO && c_phase == GO_SENT ->
       if
#ifndef MUT_NO_H7_CLIENT
       :: ACK_IMPOSSIBLE(x) -> H7_client_new_epoch()
#endif
       :: else -> H5_on_go(x, y)
       fi
  :: type == D && c_phase == OPEN -> R1_client(x)
  :: type == A && c_phase == OPEN -> S2_client(x); R2_client(y)
  :: type == R && c_phase == OPEN -> S3_client(x)
  :: else
  fi }

#define CLIENT_HAS_TO_SEND (c_phase == OPEN && c_cursor < c_next && c_cursor <= c_base - 1 + W)
#define CLIENT_MAY_WRITE (c_next <= LINES_C && c_next - c_base < W)

proctype client() {
  do
  :: d_step { CLIENT_MAY_WRITE -> printf("client: application writes line %d\n", c_next); c_next++ }
  :: d_step { c_ack < c_rx -> c_ack++; printf("client: application takes line %d\n", c_ack); observe_taken(c_ack) }
  :: d_step { c_phase == IDLE && PLACE_FREE && GEN_AVAILABLE -> H1_connect() }
  :: d_step { CLIENT_HAS_TO_SEND && SERVER_READS ->                                            /* S1 */
       assert(c_cursor >= c_base);
       printf("client: > D%d (life %d)\n", c_cursor, life);
       to_server[0]!D, c_cursor, 0, life; c_sent = MAX(c_sent, c_cursor); c_cursor++ }
#ifndef FAULTS
  :: d_step { c_phase == OPEN && SERVER_READS ->                                               /* R3 */
       printf("client: > A%d %d\n", c_ack, c_sent);
       to_server[0]!A, c_ack, c_sent, 0 }
#endif
  :: d_step { c_phase != IDLE && len(to_client) > 0 -> client_reads() }
  :: d_step { c_phase != IDLE && FAULT_ALLOWED ->
       printf("client: drops the connection\n"); client_close(); compact_generations(); COUNT_FAULT }
  :: d_step { life < LIVES && FAULT_ALLOWED ->
       printf("client: power cycle\n");
       if :: c_phase != IDLE -> client_close() :: else fi;
       life++; c_epoch = 0; c_base = 1; c_next = 1; c_cursor = 1; c_sent = 0; taken_last = 0;
#ifdef FLASH
       c_rx = c_ack;
#else
       c_sid = 0; client_forgets_received();
#endif
       compact_generations(); COUNT_FAULT }
  od
}

/* ================================ the server's rules ================================ */

#ifdef MUT_ACK_BEFORE_STORE
#define RX volatile_rx
#else
#define RX st_rx
#endif

/* Backpressure: never acknowledge so far that a full window would not fit the inbox, and never go below
 * what the client already knows (the inbox may still hold lines of an older life). */
#ifdef INBOX
inline compute_ack(k) {
  excess_ = (st_unread + W > INBOX -> st_unread + W - INBOX : 0);
#ifdef MUT_NO_ACK_FLOOR
  v_ = (RX >= excess_ -> RX - excess_ : 255)             /* 255: below zero */
#else
  v_ = (RX >= excess_ + k_floor -> RX - excess_ : k_floor)
#endif
}
#ifdef MUT_IGNORE_ROOM
#define ROOM true
#else
#define ROOM (st_unread < INBOX)
#endif
#else
inline compute_ack(k) { v_ = RX }
#define ROOM true
#endif

/* H2: an offer; nothing is written and nobody is disturbed. */
inline H2_on_hello(k) {
  k_gen[k] = st_cur + 1; k_phase[k] = OFFERED;
  printf("server: connection %d > HI %d %d\n", k, k_gen[k], st_sid);
  if :: CLIENT_READS -> to_client!HI, st_sid, 0, 0 :: else fi }

/* H7, server: the client took lines this record never had, so the record went back: take a new sid. The
 * generation is used up with it: another connection may hold a GO that was made for the old sid. */
inline H7_server_new_sid(k) {
  printf("server: connection %d > BYE sid\n", k);
  st_sid++;
  begin_record();
#ifndef MUT_SID_KEEPS_GENERATION
  st_cur = k_gen[k];
#endif
  server_close(k) }

/* The client will forget what it received: the observers expect the outbox from its beginning. */
inline begin_record() {
  taken = st_base - 1; taken_last = 0; returned = st_base - 1;
#ifdef ROLLBACK
  undetected = 0
#endif
}

#ifdef MUT_NO_GEN_CHECK
#define GEN_STALE(k) false
#else
#define GEN_STALE(k) (k_gen[k] != st_cur + 1)
#endif

/* An epoch is a generation that was adopted once, so one not below the offered generation shows that cur
 * went back. Only for a GO that is not stale: a stale one would move cur back again. */
#ifdef MUT_NO_EPOCH_ORDER
#define EPOCH_AHEAD(k) false
#else
#define EPOCH_AHEAD(k) (ghost && k_epoch[k] >= k_gen[k])
#endif

/* Connections of older generations can do nothing but close (FENCED, GEN_STALE). Without KEEP_FENCED the
 * model closes them at once; with it they live on until they read a line, and the rules have to stop them. */
inline close_fenced(k) {
#ifdef KEEP_FENCED
  skip
#else
  i_ = 0;
  do
  :: i_ < CONNS && i_ != k && k_phase[i_] >= OFFERED && k_gen[i_] <= st_cur && !CLIENT_ON(i_) -> drop_connection(i_); i_++
  :: i_ < CONNS && !(i_ != k && k_phase[i_] >= OFFERED && k_gen[i_] <= st_cur && !CLIENT_ON(i_)) -> i_++
  :: else -> break
  od
#endif
}

inline H4_adopt(k, ack, start) {
  st_cur = k_gen[k];
#ifdef MUT_NO_EPOCH_CHECK
  st_epoch = k_epoch[k];
#else
#ifdef MUT_ALWAYS_RESET_RX
  st_epoch = k_epoch[k]; st_rx = start;
#else
  if
  :: k_epoch[k] != st_epoch -> st_epoch = k_epoch[k]; st_rx = start;
#ifdef MUT_ACK_BEFORE_STORE
     volatile_rx = start;
#endif
  :: else
  fi;
#endif
#endif
#ifdef ROLLBACK
  undetected = 0;
#endif
  if :: ack >= st_base -> observe_server_write_returned(ack); st_base = ack + 1 :: else fi;
  close_fenced(k);
  k_phase[k] = OPEN; k_cursor = st_base; k_sent = st_base - 1;
#ifdef INBOX
  k_floor = start;
#endif
  compute_ack(k);
  printf("server: connection %d adopted, > GO %d ack %d start %d\n", k, st_cur, v_, st_base - 1);
  if
  :: CLIENT_READS -> to_client!GO, v_, st_base - 1, 0
    :: else
  fi }

inline supersede(k) { printf("server: connection %d > BYE superseded\n", k); server_close(k) }

inline H4_on_go(k, ack, start) {
  if
#ifdef MUT_EPOCH_ORDER_FIRST
  :: EPOCH_AHEAD(k) -> st_cur = k_epoch[k]; supersede(k)
  :: !EPOCH_AHEAD(k) && GEN_STALE(k) -> supersede(k)
#else
  :: GEN_STALE(k) -> supersede(k)
  :: !GEN_STALE(k) && EPOCH_AHEAD(k) -> st_cur = k_epoch[k]; supersede(k)
#endif
#ifdef ROLLBACK
#ifndef MUT_NO_H7_SERVER
  :: !GEN_STALE(k) && !EPOCH_AHEAD(k) && ack >= st_next -> H7_server_new_sid(k)
#endif
#endif
  :: else -> H4_adopt(k, ack, start)
  fi }

#ifdef MUT_NO_FENCE
#define FENCED(k) false
#else
#define FENCED(k) (k_gen[k] != st_cur)
#endif

inline S2_server(k, ack) {
#ifdef MUT_TIGHT_S2
  assert(st_base - 1 <= ack && (!CLIENT_ON(k) || ack <= k_sent));
#else
  assert(st_base - 1 <= ack && ack < st_next);
#endif
  if :: ack >= st_base -> observe_server_write_returned(ack) :: else fi;
  st_base = ack + 1;
  if
  :: CLIENT_ON(k) ->
       k_sent = MAX(k_sent, ack);
#ifndef MUT_NO_CURSOR_MAX
       k_cursor = MAX(k_cursor, st_base)
#endif
  :: else
  fi }

inline server_sends_R(k) {
  if
  :: CLIENT_READS -> to_client!R, RX + 1, 0, 0; k_nak = 1; printf("server: connection %d > R%d\n", k, RX + 1)
  :: else
  fi }

#ifdef MUT_NO_GAP_CHECK
#define IN_ORDER(seq) (seq > RX)
#else
#ifdef MUT_NO_DUP_CHECK
#define IN_ORDER(seq) (seq <= RX + 1)
#else
#define IN_ORDER(seq) (seq == RX + 1)
#endif
#endif

/* R1, server: the line goes to the store before anything can acknowledge it. */
inline R1_server(k, seq) {
  if
  :: IN_ORDER(seq) && ROOM ->
#ifdef MUT_ACK_BEFORE_STORE
       volatile_rx++;
#else
       st_rx = seq; observe_stored(seq, ghost);
#endif
#ifdef INBOX
       st_unread++; assert(st_unread <= INBOX);
#endif
       k_nak = 0
  :: !IN_ORDER(seq) && seq > RX + 1 && !k_nak -> server_sends_R(k)
  :: else                                                /* a duplicate, known to be missing, or no room */
  fi }

inline R2_server(k, sent) {
#ifdef MUT_NO_SENT_IN_A
  skip
#else
#ifdef MUT_R2_OBEYS_NAK
  if :: sent > RX && ROOM && !k_nak -> server_sends_R(k) :: else fi
#else
  if :: sent > RX && ROOM -> server_sends_R(k) :: else fi
#endif
#endif
}

inline S3_server(k, seq) {
  if
  :: CLIENT_ON(k) -> assert(st_base <= seq && seq <= k_sent + 1); k_cursor = seq
  :: else
  fi }

inline server_reads(k) {
  to_server[k]?type, x, y, ghost;
  printf("server: connection %d < %e %d %d (gen %d, cur %d)\n", k, type, x, y, k_gen[k], st_cur);
  if
  :: type == HELLO && k_phase[k] == ACCEPTED -> H2_on_hello(k)
  :: type == GO && k_phase[k] == OFFERED -> H4_on_go(k, x, y)
  :: k_phase[k] == OPEN && FENCED(k) -> supersede(k)
  :: type == D && k_phase[k] == OPEN && !FENCED(k) -> R1_server(k, x)
  :: type == A && k_phase[k] == OPEN && !FENCED(k) -> S2_server(k, x); R2_server(k, y)
  :: type == R && k_phase[k] == OPEN && !FENCED(k) -> S3_server(k, x)
  :: else
  fi;
  close_if_useless(k);
  compact_generations() }

#define SERVER_HAS_TO_SEND(k) (k_phase[k] == OPEN && CLIENT_ON(k) && !FENCED(k) && \
  k_cursor < st_next && k_cursor <= st_base - 1 + W)

#ifdef ROLLBACK
#define SERVER_MAY_WRITE (st_next <= LINES_S && st_next - st_base < W && !undetected)
#else
#define SERVER_MAY_WRITE (st_next <= LINES_S && st_next - st_base < W)
#endif

/* ================================ progress ================================
 * Timers are slow: they fire when nothing else can happen. Each of their steps is one that the rules
 * promise (a status line each way, a handshake or silence limit), so a run that goes on for ever, or
 * stops, without everything delivered breaks the promise. */
#ifdef FAULTS
#ifdef INBOX
#define INBOX_READ (st_unread == 0)
#else
#define INBOX_READ true
#endif
#define done (c_base == LINES_C + 1 && c_next == LINES_C + 1 && st_base == LINES_S + 1 && taken == LINES_S && INBOX_READ)
#define APPLICATIONS_IDLE (c_ack == c_rx && !CLIENT_MAY_WRITE && !SERVER_MAY_WRITE && INBOX_READ)
#define NOTHING_IN_FLIGHT(k) (len(to_server[k]) == 0 && len(to_client) == 0)
#define BOTH_OPEN(k) (c_phase == OPEN && k_phase[k] == OPEN && !FENCED(k))
#define PROGRESS_TIMERS(k) \
  :: d_step { CLIENT_ON(k) && BOTH_OPEN(k) && NOTHING_IN_FLIGHT(k) && APPLICATIONS_IDLE && !done \
         && !CLIENT_HAS_TO_SEND && !SERVER_HAS_TO_SEND(k) -> \
       compute_ack(k); printf("both: connection %d status lines\n", k); \
       to_server[k]!A, c_ack, c_sent, 0; to_client!A, v_, k_sent, 0 } \
  :: d_step { CLIENT_ON(k) && !BOTH_OPEN(k) && NOTHING_IN_FLIGHT(k) && !done -> \
       printf("client: timed out\n", k); client_close(); compact_generations() }
#ifdef NEVER_DONE
ltl nothing_ever_arrives { [] !done }  /* must be refuted: the progress run does reach its goal */
#else
ltl everything_arrives { []<> done }
#endif
#endif

proctype server_connection(byte k) {
  do
  :: d_step { k_phase[k] != FREE && len(to_server[k]) > 0 -> server_reads(k) }
  :: d_step { SERVER_HAS_TO_SEND(k) && nfull(to_client) ->                                  /* S1 */
       assert(k_cursor >= st_base);
       printf("server: connection %d > D%d\n", k, k_cursor);
       to_client!D, k_cursor, 0, 0; k_sent = MAX(k_sent, k_cursor); k_cursor++ }
#ifndef FAULTS
  :: d_step { k_phase[k] == OPEN && CLIENT_READS && !FENCED(k) ->                           /* R3 */
       compute_ack(k);
       printf("server: connection %d > A%d %d\n", k, v_, k_sent);
       to_client!A, v_, k_sent, 0 }
#endif
  :: d_step { k_phase[k] != FREE && FAULT_ALLOWED ->
       printf("server: closes connection %d\n", k); server_close(k); compact_generations(); COUNT_FAULT }
  :: d_step { k_phase[k] != FREE && len(to_server[k]) > 0 && FAULT_ALLOWED ->
       to_server[k]?type, x, y, ghost;
       printf("lost to the server: connection %d %e %d %d\n", k, type, x, y);
       close_if_useless(k); compact_generations(); COUNT_FAULT }
  :: d_step { CLIENT_ON(k) && len(to_client) > 0 && FAULT_ALLOWED ->
       to_client?type, x, y, ghost;
       printf("lost to the client: connection %d %e %d %d\n", k, type, x, y); COUNT_FAULT }
#ifdef FAULTS
  PROGRESS_TIMERS(k)
#endif
  od
}

/* ================================ the server process and its application ================================ */

proctype server() {
  do
  :: d_step { SERVER_MAY_WRITE -> printf("server: application writes line %d\n", st_next); st_next++ }
#ifdef INBOX
  :: d_step { st_unread > 0 -> st_unread--; printf("server: application reads its inbox\n") }
#endif
#ifdef MUT_ACK_BEFORE_STORE
  :: d_step { st_rx < volatile_rx -> st_rx++; stored++ }
  :: d_step { st_rx < volatile_rx && FAULT_ALLOWED ->
       printf("server: restarts\n"); close_all_server_connections(); volatile_rx = st_rx; compact_generations(); COUNT_FAULT }
#endif
#ifdef RAM
  :: d_step { restarts_left > 0 && FAULT_ALLOWED ->
       close_all_server_connections();
       restarts_left--; st_sid++; st_epoch = 0; st_rx = 0; st_base = 1; st_next = 1; begin_record();
#ifdef GENS
       st_cur = 0;                                       /* the clock went back */
#else
       st_cur = MAX(st_cur, c_epoch) + 1;
#endif
       printf("server: restarts with nothing, cur %d\n", st_cur);
       compact_generations(); COUNT_FAULT }
#endif
#ifdef ROLLBACK
  :: d_step { copy_state == 0 ->
       printf("server: a copy of the store is made\n"); copy_state = 1;
       copy_cur = st_cur; copy_epoch = st_epoch; copy_rx = st_rx; copy_base = st_base; copy_next = st_next;
       copy_stored_life = stored_life; copy_stored = stored }
  :: d_step { copy_state == 1 && FAULT_ALLOWED ->
       printf("server: restarts with the copy\n"); copy_state = 2;
       close_all_server_connections();
       lost_life = life; lost_to = (stored_life == life -> stored : 0);
       st_cur = copy_cur; st_epoch = copy_epoch; st_rx = copy_rx; st_base = copy_base; st_next = copy_next;
       stored_life = copy_stored_life; stored = copy_stored;
       copy_cur = 0; copy_epoch = 0; copy_rx = 0; copy_base = 0; copy_next = 0; copy_stored_life = 0; copy_stored = 0;
#ifdef MARKED
       st_sid++; begin_record();
#else
       undetected = 1;
       taken = MIN(taken, st_next - 1); returned = MIN(returned, st_base - 1);
#endif
       compact_generations(); COUNT_FAULT }
#endif
  od
}

init {
  atomic {
    run client(); run server();
    run server_connection(0); run server_connection(1);
#if CONNS == 3
    run server_connection(2)
#endif
  }
}
