// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {
    IENSRegistry,
    IEthRegistrar,
    INameWrapper,
    IPermissionedRegistry,
    IUniversalResolver
} from "./interfaces/IENS.sol";
import {INameOwner} from "./interfaces/INameOwner.sol";

/// @title Who owns a name in ENS, in v1 and in v2
/// @notice Until ENS switches its Universal Resolver to v2, a name is its owner's at v1's registrar: the token's, and
///         not whom the registry names, since that goes on naming the seller of a sold name. From then on the registry
///         of v2 says: a registered name is its owner's there, a reserved one is still its owner's in v1.
/// @dev No answer is trusted to be well-formed. Each question has its own gas, which the caller has to bring; each answer
///      has a known size. Whatever else comes back, the name is nobody's.
contract EnsOwners is INameOwner {
    /// @dev What came of a question: an answer of the right size, a refusal as of a contract that has no such function, or
    ///      anything else.
    enum Outcome {
        ANSWERED,
        NO_SUCH_FUNCTION,
        UNCLEAR
    }

    /// @notice The address is no contract, so ENS cannot be there.
    /// @param account The address.
    error NotAContract(address account);

    /// namehash("eth"), ENSIP-1
    bytes32 private constant ETH_NODE = 0x93cdeb708b7545dc668eb9280176169d1c33cfd8ed6f04690a0bcc88a93fc4ae;
    /// "eth" in DNS wire format
    bytes private constant ETH_NAME = "\x03eth\x00";
    /// @dev The lowest bits of v2's token ids are a count.
    uint256 private constant COUNT_BITS = 32;

    /// @notice Gas for each question to a registry, a registrar or the wrapper.
    /// @return The gas.
    uint256 public constant READ_GAS = 100_000;
    /// @notice Gas for the question which registry v2 has for .eth, which goes through proxies.
    /// @return The gas.
    uint256 public constant LOOKUP_GAS = 250_000;
    /// @dev What this contract needs itself between a question and the end, besides the gas of the question.
    uint256 private constant RESERVE_GAS = 10_000;

    /// @notice The registry of ENS v1.
    /// @return The registry.
    IENSRegistry public immutable ens;
    /// @notice The name wrapper of ENS v1.
    /// @return The wrapper; zero where there is none.
    INameWrapper public immutable wrapper;
    /// @notice ENS's Universal Resolver: the proxy that ENS itself will switch to v2.
    /// @return The proxy; zero where ENS has none, and there will be no v2.
    IUniversalResolver public immutable universalResolver;

    /// @param ens_ The registry of ENS v1.
    /// @param wrapper_ The name wrapper of ENS v1; zero where there is none.
    /// @param universalResolver_ The proxy of ENS's Universal Resolver; zero where there is none.
    constructor(IENSRegistry ens_, INameWrapper wrapper_, IUniversalResolver universalResolver_) {
        if (address(ens_).code.length == 0) revert NotAContract(address(ens_));
        _requireContract(address(wrapper_));
        _requireContract(address(universalResolver_));
        ens = ens_;
        wrapper = wrapper_;
        universalResolver = universalResolver_;
    }

    /// @inheritdoc INameOwner
    function ownerOf(string calldata label) external view returns (address owner) {
        bytes32 labelhash = keccak256(bytes(label));
        if (address(universalResolver) == address(0)) return _ownerInV1(labelhash);
        (Outcome outcome, address registry) = _askAddress(
            address(universalResolver), abi.encodeCall(IUniversalResolver.findExactRegistry, (ETH_NAME)), LOOKUP_GAS
        );
        if (outcome == Outcome.NO_SUCH_FUNCTION) return _ownerInV1(labelhash);
        return outcome == Outcome.ANSWERED ? _ownerInV2(registry, labelhash) : address(0);
    }

    function _ownerInV1(bytes32 labelhash) private view returns (address owner) {
        owner = _addressFrom(address(ens), abi.encodeCall(IENSRegistry.owner, (ETH_NODE)));
        owner = _addressFrom(owner, abi.encodeCall(IEthRegistrar.ownerOf, (uint256(labelhash))));
        if (owner == address(0) || owner != address(wrapper)) return owner;
        uint256 node = uint256(keccak256(abi.encode(ETH_NODE, labelhash)));
        return _addressFrom(address(wrapper), abi.encodeCall(INameWrapper.ownerOf, (node)));
    }

    function _ownerInV2(address registry, bytes32 labelhash) private view returns (address) {
        bytes memory question = abi.encodeCall(IPermissionedRegistry.getState, (uint256(labelhash)));
        bytes memory answer = new bytes(32 * 5);
        if (_ask(registry, question, READ_GAS, answer) != Outcome.ANSWERED) return address(0);
        // As integers, since a value that its type does not allow would revert.
        (uint256 status, uint256 expiry, uint256 latestOwner, uint256 tokenId,) =
            abi.decode(answer, (uint256, uint256, uint256, uint256, uint256));
        bool ofThisName = (tokenId ^ uint256(labelhash)) >> COUNT_BITS == 0;
        // A name that ends is nobody's a few seconds sooner or later; whoever makes blocks gains no name by that.
        // slither-disable-next-line timestamp
        if (!ofThisName || expiry <= block.timestamp || expiry > type(uint64).max) return address(0);
        if (status == uint256(IPermissionedRegistry.Status.RESERVED)) {
            return latestOwner == 0 ? _ownerInV1(labelhash) : address(0);
        }
        return status == uint256(IPermissionedRegistry.Status.REGISTERED) ? _toAddress(latestOwner) : address(0);
    }

    /// @dev The address that `target` answers; zero when it does not answer with one.
    function _addressFrom(address target, bytes memory question) private view returns (address answer) {
        (, answer) = _askAddress(target, question, READ_GAS);
    }

    /// @dev The address is zero unless the outcome is ANSWERED.
    function _askAddress(address target, bytes memory question, uint256 stipend)
        private
        view
        returns (Outcome outcome, address)
    {
        bytes memory answer = new bytes(32);
        outcome = _ask(target, question, stipend, answer);
        if (outcome != Outcome.ANSWERED) return (outcome, address(0));
        return (outcome, _toAddress(abi.decode(answer, (uint256))));
    }

    /// @dev Asks, and takes an answer of just the length of `answer`. A target without code gives none.
    function _ask(address target, bytes memory question, uint256 stipend, bytes memory answer)
        private
        view
        returns (Outcome)
    {
        uint256 before = gasleft();
        // A call gets 63/64 of what is left (EIP-150). With less than its gas the target might fail where it would have
        // answered, so that the caller could choose the outcome by the gas.
        if (before - before / 64 < stipend + RESERVE_GAS) return Outcome.UNCLEAR;
        bool ok;
        uint256 size;
        // So that no more than the answer is copied, however much comes back.
        // slither-disable-next-line assembly
        assembly ("memory-safe") {
            ok := staticcall(stipend, target, add(question, 32), mload(question), add(answer, 32), mload(answer))
            size := returndatasize()
        }
        if (ok) return size == answer.length ? Outcome.ANSWERED : Outcome.UNCLEAR;
        // Who has run out of gas says nothing either, but has spent all that it had.
        bool early = before - gasleft() < stipend / 2;
        return size == 0 && early ? Outcome.NO_SUCH_FUNCTION : Outcome.UNCLEAR;
    }

    /// @dev The address in a word; zero when there is more in it.
    function _toAddress(uint256 word) private pure returns (address) {
        return word >> 160 == 0 ? address(uint160(word)) : address(0);
    }

    function _requireContract(address account) private view {
        if (account != address(0) && account.code.length == 0) revert NotAContract(account);
    }
}
