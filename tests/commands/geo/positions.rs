use crate::support::TestServer;

#[test]
fn geoadd_scores_and_options() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        (
            "GEOADD s 13.361389 38.115556 Palermo 15.087269 37.502669 Catania",
            ":2\r\n",
        ),
        ("ZSCORE s Palermo", "$16\r\n3479099956230698\r\n"),
        ("GEOADD s NX 0 0 Palermo 1 1 new", ":1\r\n"),
        ("GEOADD s XX CH 2 2 new 3 3 other", ":1\r\n"),
        ("GEOADD s NX XX 1 1 a", "-ERR syntax error\r\n"),
        (
            "GEOADD s 1 1",
            "-ERR wrong number of arguments for 'geoadd' command\r\n",
        ),
        (
            "GEOADD s 181 1 a",
            "-ERR invalid longitude,latitude pair 181.000000,1.000000\r\n",
        ),
        (
            "GEOADD s 1 85.06 a",
            "-ERR invalid longitude,latitude pair 1.000000,85.060000\r\n",
        ),
        ("GEOADD s x 1 a", "-ERR value is not a valid float\r\n"),
        ("ZREM s new", ":1\r\n"),
    ]);
}

#[test]
fn positions_hashes_and_distances() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        (
            "GEOADD s 13.361389 38.115556 Palermo 15.087269 37.502669 Catania",
            ":2\r\n",
        ),
        (
            "GEOPOS s Palermo none",
            "*2\r\n*2\r\n$20\r\n13.36138933897018433\r\n$20\r\n38.11555639549629859\r\n*-1\r\n",
        ),
        (
            "GEOHASH s Palermo Catania none",
            "*3\r\n$11\r\nsqc8b49rny0\r\n$11\r\nsqdtr74hyu0\r\n$-1\r\n",
        ),
        ("GEODIST s Palermo Catania", "$11\r\n166274.1516\r\n"),
        ("GEODIST s Palermo Catania KM", "$8\r\n166.2742\r\n"),
        ("GEODIST s Palermo none", "$-1\r\n"),
        (
            "GEODIST s Palermo Catania yd",
            "-ERR unsupported unit provided. please use M, KM, FT, MI\r\n",
        ),
    ]);
}
