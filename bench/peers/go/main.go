// Go's crypto/x509: requests in, answers out (../peer.h).
package main

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Devices between looks at the clock.
const block = 16

// chain is a leaf and what the device presents with it.
type chain [][]byte

// fleet is the content of a fleet (../fleet_file.h).
type fleet struct {
	at                   time.Time
	questions, devices   []chain
	roots, intermediates [][]byte
}

// reader takes a fleet apart; after an error it gives nothing but empty values.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) take(count int) []byte {
	if r.err == nil && count > len(r.rest) {
		r.err = errors.New("the fleet ends early; delete it, tools/compare makes it again")
	}
	if r.err != nil {
		return make([]byte, 8)
	}
	taken := r.rest[:count]
	r.rest = r.rest[count:]
	return taken
}

func (r *reader) number() int {
	number := int(binary.LittleEndian.Uint32(r.take(4)))
	if r.err != nil {
		return 0
	}
	return number
}

func (r *reader) blob() []byte { return r.take(r.number()) }

func (r *reader) blobs() [][]byte {
	blobs := make([][]byte, r.number())
	for i := range blobs {
		blobs[i] = r.blob()
	}
	return blobs
}

func readFleet(path string) (*fleet, error) {
	octets, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := &reader{rest: octets}
	if !bytes.Equal(r.take(8), []byte("MUSTERFL")) || r.number() != 1 {
		return nil, errors.New(path + " is no fleet of version 1")
	}
	f := &fleet{at: time.Unix(int64(binary.LittleEndian.Uint64(r.take(8))), 0)}
	f.questions = make([]chain, r.number())
	for i := range f.questions {
		f.questions[i] = r.blobs()
		r.blob() // What the right answer is concerns the driver alone.
	}
	f.roots = r.blobs()
	f.intermediates = r.blobs()
	f.devices = make([]chain, r.number())
	for i := range f.devices {
		f.devices[i] = r.blobs()
	}
	return f, r.err
}

// peer is what is kept between devices.
type peer struct {
	at    time.Time
	roots *x509.CertPool
	// By the octets of the issuer's certificate, as a device presents it.
	anchors map[string]*x509.CertPool
}

func poolOf(ders ...[]byte) (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	for _, der := range ders {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		pool.AddCert(certificate)
	}
	return pool, nil
}

func prepare(f *fleet, mode string) (*peer, error) {
	roots, err := poolOf(f.roots...)
	if err != nil {
		return nil, err
	}
	p := &peer{at: f.at, roots: roots, anchors: map[string]*x509.CertPool{}}
	if mode != "anchor" {
		return p, nil
	}
	for _, der := range f.intermediates {
		if p.anchors[string(der)], err = poolOf(der); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *peer) accepts(c chain) bool {
	leaf, err := x509.ParseCertificate(c[0])
	if err != nil {
		return false
	}
	options := x509.VerifyOptions{
		Roots:       p.roots,
		CurrentTime: p.at,
		KeyUsages:   []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if len(c) > 1 {
		if anchor := p.anchors[string(c[1])]; anchor != nil {
			options.Roots = anchor
		} else if options.Intermediates, err = poolOf(c[1:]...); err != nil {
			return false
		}
	}
	_, err = leaf.Verify(options)
	return err == nil
}

// now is the processor time of the whole process, collecting garbage included.
func now() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}

type program struct {
	fleet *fleet
	peer  *peer
	next  int
}

func (p *program) answer(request string) (string, error) {
	verb, argument, _ := strings.Cut(request, " ")
	var err error
	switch verb {
	case "about":
		return "ok\tname=go\tversion=" + runtime.Version() + "\tmodes=full anchor", nil
	case "load":
		p.fleet, err = readFleet(argument)
		return "ok", err
	case "prepare":
		if p.fleet == nil {
			return "", errors.New("'prepare' before 'load'")
		}
		p.peer, err = prepare(p.fleet, argument)
		return "ok", err
	}
	if p.peer == nil {
		return "", fmt.Errorf("'%s' before 'load' and 'prepare'", verb)
	}
	switch verb {
	case "check":
		return p.check(), nil
	case "round":
		milliseconds, err := strconv.ParseFloat(argument, 64)
		return p.round(milliseconds / 1000), err
	}
	return "", fmt.Errorf("unknown request '%s'", verb)
}

func (p *program) check() string {
	answers := []byte("ok\t")
	for _, c := range p.fleet.questions {
		if p.peer.accepts(c) {
			answers = append(answers, '1')
		} else {
			answers = append(answers, '0')
		}
	}
	return string(answers)
}

// round goes on where the round before it stopped, so that the whole fleet is seen.
func (p *program) round(seconds float64) string {
	count := block
	if count > len(p.fleet.devices) {
		count = len(p.fleet.devices)
	}
	devices, rejected := 0, 0
	start := now()
	for {
		if p.next+count > len(p.fleet.devices) {
			p.next = 0
		}
		for _, c := range p.fleet.devices[p.next : p.next+count] {
			if !p.peer.accepts(c) {
				rejected++
			}
		}
		p.next += count
		devices += count
		if elapsed := now() - start; elapsed >= seconds {
			return fmt.Sprintf("ok\t%d\t%g\t%d", devices, elapsed, rejected)
		}
	}
}

func main() {
	runtime.GOMAXPROCS(1)
	p := &program{}
	requests := bufio.NewScanner(os.Stdin)
	for requests.Scan() {
		answer, err := p.answer(requests.Text())
		if err != nil {
			answer = "error\t" + strings.ReplaceAll(err.Error(), "\n", " ")
		}
		fmt.Println(answer)
	}
}
