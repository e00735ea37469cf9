"""The commands of the random stream, a line for each form: see forms.py, and words.py for the kinds
of words.

Commands that wait have timeouts so short that one client's requests can be sent at once. See
waiting.py for clients that wait for others. (A BITFIELD of which everything fails makes the string
longer, which Redis's log does not know. So one that may fail does something else as well. A PFADD has one
element: Redis's log does not know the elements that were added before the string was found corrupted.
The searches of geo have COUNT only with ANY: which of several members at the same distance are the first
is up to Redis's partial sort.)
"""

SYNTAX = """
 6 APPEND string value
 4 DECR string
 4 DECRBY string integer
12 GET string
 3 GETDEL string
 4 GETEX string [EX seconds] [PX milliseconds] [EXAT second] [PXAT millisecond] [PERSIST]
 5 GETRANGE string integer integer
 3 GETSET string value
 5 INCR string
 5 INCRBY string integer
 6 INCRBYFLOAT string float
 1 LCS string string [LEN] [IDX] [MINMATCHLEN integer] [WITHMATCHLEN]
 3 MGET (string)+
 3 MSET (string value)+
 2 MSETNX (string value)+
 2 PSETEX string milliseconds value
14 SET string value
10 SET string value [NX] [XX] [GET] [KEEPTTL] [EX seconds] [PX milliseconds] [EXAT second] [PXAT millisecond]
 3 SETEX string seconds value
 3 SETNX string value
 4 SETRANGE string offset value
 3 STRLEN string
 2 SUBSTR string integer integer

 5 SETBIT string offset bit
 3 GETBIT string offset
 1 BITCOUNT string
 3 BITCOUNT string integer integer
 3 BITCOUNT string integer integer BYTE|BIT
 1 BITPOS string bit
 1 BITPOS string bit integer
 2 BITPOS string bit integer integer
 2 BITPOS string bit integer integer BYTE|BIT
 4 BITOP AND|OR|XOR|NOT string (string)+
 1 BITOP NOT string string
 7 BITFIELD string [GET width place] [SET width place integer] [INCRBY width place integer] [OVERFLOW WRAP|SAT]
 2 BITFIELD string SET U8 bit bit OVERFLOW FAIL INCRBY width place integer
 3 BITFIELD_RO string [GET width place]

 1 PFADD sketch
12 PFADD sketch value
 5 PFCOUNT sketch
 2 PFCOUNT (sketch)+
 3 PFMERGE sketch (sketch)+
 3 GET sketch
 2 PFDEBUG DECODE|ENCODING sketch
.3 PFDEBUG TODENSE|GETREG sketch

 4 HDEL hash (field)+
 3 HEXISTS hash field
 7 HGET hash field
 5 HGETALL hash
 4 HINCRBY hash field integer
 5 HINCRBYFLOAT hash field float
 3 HKEYS hash
 3 HLEN hash
 4 HMGET hash (field)+
 4 HMSET hash (field value)+
 1 HRANDFIELD hash
 2 HRANDFIELD hash integer
 2 HRANDFIELD hash integer WITHVALUES
 3 HSCAN hash cursor [MATCH pattern] [COUNT integer]
14 HSET hash (field value)+
 3 HSETNX hash field value
 3 HSTRLEN hash field
 3 HVALS hash

10 LPUSH list (element)+
10 RPUSH list (element)+
 6 RPUSH numbers (number)+
 2 LPUSHX list (element)+
 2 RPUSHX list (element)+
 3 LPOP list
 3 LPOP list integer
 3 RPOP list
 3 RPOP list integer
 3 LLEN list
 9 LRANGE list integer integer
 4 LINDEX list integer
 4 LSET list integer element
 5 LINSERT list BEFORE|AFTER element element
 5 LREM list integer element
 3 LTRIM list integer integer
 7 LPOS list element [RANK integer] [COUNT integer] [MAXLEN integer]
 4 LMOVE list list LEFT|RIGHT LEFT|RIGHT
 2 RPOPLPUSH list list
 1 LMPOP 1 list LEFT|RIGHT [COUNT integer]
 2 LMPOP 2 list list LEFT|RIGHT [COUNT integer]
 1 LMPOP integer (list)+ LEFT|RIGHT [COUNT integer]
.1 BLPOP (list)+ timeout
.1 BRPOP (list)+ timeout
.1 BLMOVE list list LEFT|RIGHT LEFT|RIGHT timeout
.1 BRPOPLPUSH list list timeout
.1 BLMPOP timeout 2 list list LEFT|RIGHT [COUNT integer]
.1 BLMPOP timeout integer (list)+ LEFT|RIGHT [COUNT integer]

12 SADD set (member)+
 5 SADD set (integer)+
 5 SREM set (member)+
 3 SISMEMBER set member
 3 SMISMEMBER set (member)+
 6 SMEMBERS set
 3 SCARD set
 1 SPOP set integer
 2 SRANDMEMBER set
 3 SRANDMEMBER set integer
 4 SMOVE set set member
 3 SINTER (set)+
 3 SUNION (set)+
 3 SDIFF (set)+
 2 SINTERSTORE set (set)+
 2 SUNIONSTORE set (set)+
 2 SDIFFSTORE set (set)+
 1 SINTERCARD 1 set [LIMIT integer]
 2 SINTERCARD 2 set set [LIMIT integer]
 1 SINTERCARD integer (set)+ [LIMIT integer]
 3 SSCAN set cursor [MATCH pattern] [COUNT integer]

12 ZADD zset (score member)+
 6 ZADD zset (score member)+
 4 ZADD zset NX|XX|GT|LT|CH (score member)+
 3 ZADD zset GT|LT|NX|XX CH|GT|XX (score member)+
 2 ZADD zset NX|XX|GT|LT|CH INCR score member
 1 ZADD zset INCR|CH (score member)+
 5 ZINCRBY zset score member
 4 ZREM zset (member)+
 3 ZCARD zset
 3 ZSCORE zset member
 3 ZMSCORE zset (member)+
 3 ZRANK zset member
 3 ZREVRANK zset member
 3 ZCOUNT zset least least
 3 ZLEXCOUNT zset lex lex
 6 ZRANGE zset 0 -1 WITHSCORES
 3 ZRANGE zset integer integer [WITHSCORES] [REV]
 5 ZRANGE zset least least BYSCORE [WITHSCORES] [REV] [LIMIT integer integer]
 4 ZRANGE zset lex lex BYLEX [REV] [LIMIT integer integer]
 3 ZRANGE zset rank rank [WITHSCORES] [REV] [BYSCORE] [BYLEX] [LIMIT integer integer]
 2 ZRANGESTORE zset zset integer integer [REV]
 2 ZRANGESTORE zset zset least least BYSCORE [REV] [LIMIT integer integer]
 2 ZRANGESTORE zset zset lex lex BYLEX [REV] [LIMIT integer integer]
 1 ZRANGESTORE zset zset rank rank [WITHSCORES] [REV] [BYSCORE] [BYLEX] [LIMIT integer integer]
 3 ZRANGEBYSCORE zset least least [WITHSCORES] [LIMIT integer integer]
 3 ZREVRANGEBYSCORE zset least least [WITHSCORES] [LIMIT integer integer]
 2 ZRANGEBYLEX zset lex lex [LIMIT integer integer]
 2 ZREVRANGEBYLEX zset lex lex [LIMIT integer integer]
 2 ZREVRANGE zset integer integer [WITHSCORES]
 1 ZPOPMIN zset
 2 ZPOPMIN zset few
 1 ZPOPMAX zset
 2 ZPOPMAX zset few
 1 ZMPOP 1 zset MIN|MAX [COUNT few]
 2 ZMPOP 2 zset zset MIN|MAX [COUNT few]
 1 ZMPOP integer (zset)+ MIN|MAX [COUNT few]
 1 ZRANDMEMBER zset
 2 ZRANDMEMBER zset integer
 2 ZRANDMEMBER zset integer WITHSCORES
 1 ZREMRANGEBYRANK zset integer integer
 1 ZREMRANGEBYSCORE zset least least
 1 ZREMRANGEBYLEX zset lex lex
 2 ZUNION 2 source source [WEIGHTS weight weight] [AGGREGATE SUM|MIN|MAX] [WITHSCORES]
 2 ZINTER 2 source source [WEIGHTS weight weight] [AGGREGATE SUM|MIN|MAX] [WITHSCORES]
 2 ZUNION 3 source source source [WEIGHTS weight weight weight] [AGGREGATE SUM|MIN|MAX] [WITHSCORES]
 2 ZDIFF 2 source source [WITHSCORES]
 1 ZDIFF 3 source source source [WITHSCORES]
 1 ZUNION integer (source)+ [WEIGHTS (weight)+] [AGGREGATE SUM|MIN|MAX] [WITHSCORES]
 1 ZINTER integer (source)+ [WEIGHTS (weight)+] [AGGREGATE SUM|MIN|MAX] [WITHSCORES]
 2 ZUNIONSTORE zset 2 source source [WEIGHTS weight weight] [AGGREGATE SUM|MIN|MAX]
 2 ZUNIONSTORE zset 3 source source source [WEIGHTS weight weight weight] [AGGREGATE SUM|MIN|MAX]
 1 ZUNIONSTORE zset integer (source)+ [WEIGHTS (weight)+] [AGGREGATE SUM|MIN|MAX]
 2 ZINTERSTORE zset 2 source source [WEIGHTS weight weight] [AGGREGATE SUM|MIN|MAX]
 1 ZINTERSTORE zset integer (source)+ [WEIGHTS (weight)+] [AGGREGATE SUM|MIN|MAX]
 1 ZDIFFSTORE zset 2 source source
 1 ZDIFFSTORE zset integer (source)+
 1 ZINTERCARD 1 source [LIMIT integer]
 2 ZINTERCARD 2 source source [LIMIT integer]
 1 ZINTERCARD integer (source)+ [LIMIT integer]
 3 ZSCAN zset cursor [MATCH pattern] [COUNT integer]
.1 BZPOPMIN (zset)+ timeout
.1 BZPOPMAX (zset)+ timeout
.1 BZMPOP timeout 2 zset zset MIN|MAX [COUNT few]
.1 BZMPOP timeout integer (zset)+ MIN|MAX [COUNT few]

 7 GEOADD geo (longitude latitude member)+
 2 GEOADD geo NX|XX|CH (longitude latitude member)+
 1 GEOADD geo NX|XX|CH NX|XX|CH (longitude latitude member)+
 2 GEODIST geo member member
 2 GEODIST geo member member unit
 2 GEOHASH geo (member)+
 2 GEOPOS geo (member)+
 4 GEOSEARCH geo FROMLONLAT longitude latitude BYRADIUS length unit ASC|DESC [WITHCOORD] [WITHDIST] [WITHHASH]
 2 GEOSEARCH geo FROMLONLAT longitude latitude BYBOX length length unit ASC|DESC [WITHCOORD] [WITHDIST] [WITHHASH]
 2 GEOSEARCH geo FROMMEMBER member BYRADIUS length unit [ASC] [DESC] [WITHCOORD] [WITHDIST] [WITHHASH]
 2 GEOSEARCH geo FROMMEMBER member BYBOX length length unit [ASC] [DESC] [WITHDIST] [WITHHASH] [COUNT few ANY]
 1 GEOSEARCH geo [FROMMEMBER member] [FROMLONLAT longitude latitude] [BYRADIUS length unit] [BYBOX length length unit]
 2 GEOSEARCHSTORE geo geo FROMLONLAT longitude latitude BYRADIUS length unit [ASC] [STOREDIST]
 1 GEOSEARCHSTORE geo geo FROMMEMBER member BYBOX length length unit [DESC] [STOREDIST] [COUNT few ANY] [WITHDIST]
 1 GEORADIUS geo longitude latitude length unit [ASC] [DESC] [WITHCOORD] [WITHDIST] [WITHHASH]
 1 GEORADIUS geo longitude latitude length unit [ASC] [STORE geo] [STOREDIST geo]
 1 GEORADIUS_RO geo longitude latitude length unit [ASC] [DESC] [WITHCOORD] [WITHDIST] [STORE geo]
 1 GEORADIUSBYMEMBER geo member length unit [ASC] [DESC] [WITHCOORD] [WITHDIST] [WITHHASH]
 1 GEORADIUSBYMEMBER geo member length unit [ASC] [STORE geo] [STOREDIST geo]
 1 GEORADIUSBYMEMBER_RO geo member length unit [ASC] [DESC] [WITHDIST]

 2 SET sketch registers
.5 CONFIG SET ZSET-MAX-LISTPACK-ENTRIES|ZSET-MAX-ZIPLIST-ENTRIES|ZSET-MAX-LISTPACK-VALUE|ZSET-MAX-ZIPLIST-VALUE size

 2 SORT zset [ALPHA] [ASC] [DESC] [LIMIT integer integer] [BY target] [GET target]
 2 SORT numbers [ASC] [DESC] [LIMIT integer integer] [BY target] [GET target]
 3 SORT list ALPHA [ASC] [DESC] [LIMIT integer integer] [GET target]
 3 SORT set ALPHA [ASC] [DESC] [LIMIT integer integer] [GET target]
 3 SORT collection [ALPHA] [ASC] [DESC] [LIMIT integer integer] [BY target] [GET target]
 2 SORT collection STORE key [ALPHA] [DESC] [LIMIT integer integer] [BY target] [GET target]
 2 SORT_RO collection [ALPHA] [DESC] [LIMIT integer integer] [BY target] [GET target]

 4 COPY key key [DB database] [REPLACE]
 6 DEL (key)+
 4 DUMP key
 3 DUMP zset
 1 DUMP sketch
 2 RESTORE zset lifetime payload REPLACE
 6 RESTORE key lifetime payload [REPLACE] [ABSTTL] [IDLETIME integer] [FREQ integer]
 4 EXISTS (key)+
 5 EXPIRE key seconds [NX] [XX] [GT] [LT]
 5 EXPIREAT key second [NX] [XX] [GT] [LT]
 3 EXPIRETIME key
 4 PEXPIRE key milliseconds [NX] [XX] [GT] [LT]
 5 PEXPIREAT key millisecond [NX] [XX] [GT] [LT]
 3 PEXPIRETIME key
 3 KEYS pattern
 3 MOVE key database
 4 OBJECT ENCODING key
 2 OBJECT ENCODING zset
 1 OBJECT FREQ|IDLETIME|REFCOUNT key
 2 OBJECT REFCOUNT string
 1 OBJECT HELP
 1 CONFIG SET HASH-MAX-LISTPACK-ENTRIES|HASH-MAX-ZIPLIST-ENTRIES|HASH-MAX-LISTPACK-VALUE threshold
.5 CONFIG SET LIST-MAX-LISTPACK-SIZE|LIST-MAX-ZIPLIST-SIZE|LIST-COMPRESS-DEPTH fill
.5 CONFIG SET SET-MAX-INTSET-ENTRIES threshold
 4 PERSIST key
 3 PTTL key
 2 RANDOMKEY
 4 RENAME key key
 3 RENAMENX key key
 3 SCAN cursor [MATCH pattern] [COUNT integer] [TYPE type]
 1 SWAPDB database database
 2 TOUCH (key)+
 4 TTL key
 5 TYPE key
 3 UNLINK (key)+
.1 FLUSHALL
.1 FLUSHALL ASYNC|SYNC
.4 FLUSHDB
.3 FLUSHDB ASYNC|SYNC
 3 DBSIZE
 4 SELECT database

 1 PING
 1 PING value
 1 ECHO value
 1 WATCH (key)+
.5 UNWATCH
.2 EXEC
.2 DISCARD
"""

