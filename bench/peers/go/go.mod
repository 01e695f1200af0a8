module muster/bench/peers/go

go 1.19
