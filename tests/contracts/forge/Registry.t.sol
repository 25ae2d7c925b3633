// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Base} from "./Base.sol";

/// @title Who holds a number, through any row of calls
contract RegistryTest is Base {
    bytes32 private constant MOVE =
        keccak256("Move(uint256 number,address from,address to,uint64 epoch,uint256 nonce,uint256 deadline)");
    uint256 private constant NUMBER = 5_551_234;

    function setUp() public override {
        super.setUp();
        registry.mint(_person(0), NUMBER);
    }

    /// @dev Each step picks a call, a caller and a target. The epoch counts the changes of hands and nothing else.
    function testFuzz_the_epoch_counts_the_changes_of_hands(uint24[24] memory steps) external {
        address owner = _person(0);
        uint64 epoch = 1;
        for (uint256 i = 0; i < steps.length; ++i) {
            (uint256 call, uint256 by, uint256 to) = (steps[i] & 7, (steps[i] >> 3) & 3, (steps[i] >> 5) & 3);
            if (!_step(call, by, to)) continue;
            if (call == 0 || call == 1) {
                ++epoch;
                owner = _person(to);
            } else if (call == 2) {
                assert(owner == _person(by));
                owner = _person(to);
            }
            _check(owner, epoch);
        }
    }

    function _step(uint256 call, uint256 by, uint256 to) private returns (bool done) {
        bytes memory data;
        address owner = registry.ownerOf(NUMBER);
        (address sender, address target) = (_person(by), _person(to));
        if (call == 0) data = abi.encodeCall(registry.transferFrom, (owner, target, NUMBER));
        else if (call == 1) {
            data = abi.encodeWithSignature("safeTransferFrom(address,address,uint256)", owner, target, NUMBER);
        } else if (call == 2) data = _move(by, to);
        else if (call == 3) data = abi.encodeCall(registry.approve, (target, NUMBER));
        else if (call == 4) data = abi.encodeCall(registry.setApprovalForAll, (target, true));
        else if (call == 5) data = abi.encodeCall(registry.setApprovalForAll, (target, false));
        else if (call == 6) data = abi.encodeCall(registry.revokeSessions, (NUMBER));
        else data = abi.encodeCall(registry.mint, (target, NUMBER));
        bool may = sender == owner || registry.getApproved(NUMBER) == sender || registry.isApprovedForAll(owner, sender);
        vm.prank(sender);
        (done,) = address(registry).call(data);
        if (call < 2) assert(done == may);
        if (call == 2) assert(done == (sender == owner && target != owner));
        if (call == 6) assert(done == (sender == owner));
        if (call == 7) assert(!done);
    }

    function _move(uint256 by, uint256 to) private view returns (bytes memory) {
        (uint64 epoch, uint256 nonce) = (registry.epochOf(NUMBER), registry.nonces(_person(to)));
        bytes32 structHash =
            keccak256(abi.encode(MOVE, NUMBER, _person(by), _person(to), epoch, nonce, block.timestamp));
        bytes memory signature = _signature(_key(to), structHash);
        return abi.encodeCall(registry.moveTo, (NUMBER, _person(to), block.timestamp, signature));
    }

    function _check(address owner, uint64 epoch) private view {
        (address told, uint64 at,) = registry.custodyOf(NUMBER);
        assert(told == owner && at == epoch);
        uint256 held = 0;
        for (uint256 who = 0; who < PEOPLE; ++who) held += registry.balanceOf(_person(who));
        assert(held == 1 && registry.balanceOf(owner) == 1);
    }

    function testFuzz_only_the_registrar_mints(address caller, address to, uint256 number) external {
        vm.assume(caller != address(this));
        vm.prank(caller);
        (bool done,) = address(registry).call(abi.encodeCall(registry.mint, (to, number)));
        assert(!done);
    }

    function testFuzz_what_is_minted_is_a_number(uint256 number, uint256 short) external {
        for (uint256 i = 0; i < 2; ++i) {
            uint256 tried = i == 0 ? number : short % 2_000_000_000_000_000;
            (bool held,) = address(registry).staticcall(abi.encodeCall(registry.ownerOf, (tried)));
            (bool done,) = address(registry).call(abi.encodeCall(registry.mint, (_person(1), tried)));
            assert(done == (tried >= 10_000 && tried <= 999_999_999_999_999 && !held));
        }
    }
}
