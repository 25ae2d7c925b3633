// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Base} from "./Base.sol";

/// @title What is signed is done once, as it was signed, in its epoch and by its signer
contract SignedTest is Base {
    bytes32 private constant SET_HUB =
        keccak256("SetHub(uint256 number,uint64 epoch,uint32 hubId,uint256 nonce,uint256 deadline)");

    bytes32 private constant SET_CREDENTIAL = keccak256(
        "SetCredential(uint256 number,uint64 epoch,bytes32 hash,uint8 kdf,bytes parameters,uint256 nonce,uint256 deadline)"
    );

    bytes32 private constant HASH = keccak256("a credential");

    struct Order {
        uint256 number;
        uint64 epoch;
        uint32 hub;
        uint256 nonce;
        uint256 deadline;
    }

    function testFuzz_a_signature_serves_once(uint256 seed, uint256 who, uint32 hub, uint32 left, address sender) external {
        uint256 number = _number(seed);
        registry.mint(_person(who), number);
        Order memory order = Order(number, 1, hub, 0, block.timestamp + left);
        bytes memory signature = _signed(_key(who), order);
        assert(_send(order, signature, sender));
        // Read from the bytes, so that it does not matter how many records there are.
        (, bytes memory all) = address(records).staticcall(abi.encodeCall(records.recordsOf, (number)));
        (,,, uint32 told) = abi.decode(all, (bytes32, uint8, bytes20, uint32));
        assert(told == hub && records.nonces(_person(who)) == 1);
        assert(!_send(order, signature, sender));
    }

    /// @dev One part of what was signed is another: `which` says which.
    function testFuzz_what_was_not_signed_is_refused(uint256 which, uint256 other, uint256 seed, uint256 who) external {
        uint256 number = _number(seed);
        registry.mint(_person(who), number);
        Order memory order = Order(number, 1, 7, 0, block.timestamp + 60);
        which = which % 6;
        uint256 key = _key(who);
        if (which == 0) {
            order.number = _number(other);
            vm.assume(order.number != number);
            registry.mint(_person(who), order.number);
        } else if (which == 1) order.epoch = uint64(other);
        else if (which == 2) order.hub = uint32(other);
        else if (which == 3) order.nonce = other;
        else if (which == 4) order.deadline = other;
        else key = _key(other);
        vm.assume(order.epoch != 1 || order.hub != 7 || order.nonce != 0 || order.deadline != block.timestamp + 60
            || key != _key(who) || order.number != number);
        bytes memory signature = _signed(key, order);
        assert(!_send(Order(number, 1, 7, 0, block.timestamp + 60), signature, address(this)));
        assert(records.nonces(_person(who)) == 0);
    }

    function testFuzz_a_bent_signature_is_refused(uint256 at, uint8 bits, uint256 who) external {
        vm.assume(bits != 0);
        registry.mint(_person(who), 12_345);
        Order memory order = Order(12_345, 1, 7, 0, block.timestamp);
        bytes memory signature = _signed(_key(who), order);
        signature[at % 65] ^= bytes1(bits);
        assert(!_send(order, signature, address(this)));
    }

    function testFuzz_time_sale_and_cancelling_end_a_signature(uint8 which, uint32 late, uint256 who) external {
        address owner = _person(who);
        registry.mint(owner, 12_345);
        Order memory order = Order(12_345, 1, 7, 0, block.timestamp + 60);
        bytes memory signature = _signed(_key(who), order);
        if (which % 3 == 0) vm.warp(order.deadline + 1 + late);
        if (which % 3 == 1) {
            vm.prank(owner);
            registry.transferFrom(owner, which > 100 ? owner : _person(who % PEOPLE + 1), 12_345);
        }
        if (which % 3 == 2) {
            vm.prank(owner);
            records.cancelNonce();
        }
        assert(!_send(order, signature, owner));
    }

    /// @dev Of the parameters of a KDF, of any length: those that were signed are taken, and no others.
    function testFuzz_signed_parameters_are_the_ones_that_are_kept(bytes calldata parameters, bytes calldata others)
        external
    {
        vm.assume(keccak256(parameters) != keccak256(others));
        registry.mint(_person(0), 12_345);
        bytes32 structHash =
            keccak256(abi.encode(SET_CREDENTIAL, 12_345, 1, HASH, 2, keccak256(parameters), 0, block.timestamp));
        bytes memory signature = _signature(_key(0), structHash);
        assert(!_setCredential(others, signature));
        bool fits = parameters.length <= 1024;
        assert(_setCredential(parameters, signature) == fits);
        (, bytes memory all) = address(records).staticcall(abi.encodeCall(records.recordsOf, (12_345)));
        (bytes32 told,, bytes20 kept) = abi.decode(all, (bytes32, uint8, bytes20));
        assert(told == (fits ? HASH : bytes32(0)));
        assert(kept == (fits && parameters.length != 0 ? bytes20(keccak256(parameters)) : bytes20(0)));
    }

    function _setCredential(bytes calldata parameters, bytes memory signature) private returns (bool done) {
        (done,) = address(records).call(
            abi.encodeCall(records.setCredentialFor, (12_345, HASH, 2, parameters, block.timestamp, signature))
        );
    }

    function _signed(uint256 key, Order memory order) private view returns (bytes memory) {
        return _signature(key, keccak256(abi.encode(SET_HUB, order)));
    }

    function _send(Order memory order, bytes memory signature, address sender) private returns (bool done) {
        bytes memory data = abi.encodeCall(records.setHubFor, (order.number, order.hub, order.deadline, signature));
        vm.prank(sender);
        (done,) = address(records).call(data);
    }
}
