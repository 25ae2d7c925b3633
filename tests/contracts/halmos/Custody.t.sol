// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {NumberRegistry} from "../../../contracts/NumberRegistry.sol";

/// @title What halmos does besides the machine: as much of it as is needed here
interface Svm {
    function createAddress(string calldata name) external pure returns (address);
    function createCalldata(string calldata contractName) external pure returns (bytes memory);
    function createUint256(string calldata name) external pure returns (uint256);
    function enableSymbolicStorage(address target) external;
}

interface Vm {
    function assume(bool condition) external pure;
    function load(address target, bytes32 slot) external view returns (bytes32);
    function prank(address sender) external;
}

/// @title One call by anyone, from any state of the registry: what becomes of any number's owner and epoch
/// @dev Storage, caller, calldata and the number that is watched are all free. Of the state it is assumed only what is
///      proven to hold after the call too (and holds at the start, when storage is empty): a number that nobody holds
///      has no approval, and the zero address, which has no key, has no operator. So it holds after any row of calls.
contract CustodyTest {
    Svm private constant svm = Svm(address(uint160(uint256(keccak256("svm cheat code")))));
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    /// Where OpenZeppelin's ERC721 keeps `_tokenApprovals`, which it does not show; `setUp` makes sure.
    uint256 private constant APPROVALS_SLOT = 4;

    struct State {
        address owner;
        uint64 epoch;
        uint64 session;
        address approved;
        bool callerIsOperator;
        bool anyoneIsOperatorOfZero;
        bool callerIsOperatorOfZero;
    }

    NumberRegistry private registry;
    uint256 private number;
    address private caller;
    address private anyone;

    function setUp() public {
        registry = new NumberRegistry(address(this));
        registry.link(address(this), address(this), address(this), address(this));
        registry.mint(address(this), 12_345);
        registry.approve(address(0xbeef), 12_345);
        assert(_approved(12_345) == address(0xbeef));
        svm.enableSymbolicStorage(address(registry));
        number = svm.createUint256("number");
        caller = svm.createAddress("caller");
        anyone = svm.createAddress("anyone");
    }

    function check_owner_and_epoch_change_only_as_promised() external {
        vm.assume(caller != address(0));
        bytes memory data = svm.createCalldata("NumberRegistry");
        State memory before = _state();
        vm.assume(before.owner != address(0) || before.approved == address(0));
        vm.assume(!before.callerIsOperatorOfZero && !before.anyoneIsOperatorOfZero);
        address registrar = registry.registrar();

        vm.prank(caller);
        (bool done,) = address(registry).call(data);
        vm.assume(done);

        State memory later = _state();
        assert(later.owner != address(0) || later.approved == address(0));
        assert(!later.callerIsOperatorOfZero && !later.anyoneIsOperatorOfZero);
        assert(later.session == before.session || later.session == before.session + 1);
        _check(_selector(data), before, later, registrar);
    }

    function _check(bytes4 selector, State memory before, State memory later, address registrar) private view {
        if (selector == registry.mint.selector) {
            if (_same(before, later)) return;
            assert(before.owner == address(0) && caller == registrar && later.epoch == before.epoch + 1);
        } else if (selector == registry.moveTo.selector) {
            assert(later.epoch == before.epoch);
            assert(later.owner == before.owner || caller == before.owner);
        } else if (!_same(before, later)) {
            assert(before.owner != address(0) && later.owner != address(0));
            assert(later.epoch == before.epoch + 1);
            assert(caller == before.owner || caller == before.approved || before.callerIsOperator);
        }
    }

    function _same(State memory before, State memory later) private pure returns (bool) {
        return before.owner == later.owner && before.epoch == later.epoch;
    }

    function _state() private view returns (State memory s) {
        (s.owner, s.epoch, s.session) = registry.custodyOf(number);
        s.approved = _approved(number);
        s.callerIsOperator = registry.isApprovedForAll(s.owner, caller);
        s.callerIsOperatorOfZero = registry.isApprovedForAll(address(0), caller);
        s.anyoneIsOperatorOfZero = registry.isApprovedForAll(address(0), anyone);
    }

    function _approved(uint256 which) private view returns (address) {
        bytes32 slot = keccak256(abi.encode(which, APPROVALS_SLOT));
        return address(uint160(uint256(vm.load(address(registry), slot))));
    }

    function _selector(bytes memory data) private pure returns (bytes4) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return bytes4(data);
    }
}
